/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evidence.h"

#include "process/json_read.h"

/* The database may reorder the members of an object, so the hash is of them sorted. */
static size_t canonical(const json_t *root, char text[EVIDENCE_TEXT_MAX])
{
    return json_dumpb(root, text, EVIDENCE_TEXT_MAX - 1, JSON_COMPACT | JSON_SORT_KEYS);
}

static enum status evidence_hash(const json_t *features, const json_t *explanation,
                                 struct evidence *evidence, struct hash *hash)
{
    size_t features_size = canonical(features, evidence->features);
    size_t explanation_size = canonical(explanation, evidence->explanation);
    /* An object has at least its brackets: nothing was written for want of memory. */
    if (features_size == 0 || explanation_size == 0)
        return STATUS_UNAVAILABLE;
    if (features_size >= EVIDENCE_TEXT_MAX || explanation_size >= EVIDENCE_TEXT_MAX)
        return STATUS_INTERNAL;
    evidence->features[features_size] = evidence->explanation[explanation_size] = '\0';
    *hash = hash_of((const struct slice[]){{evidence->features, features_size},
                                           {evidence->explanation, explanation_size}},
                    2);
    return STATUS_OK;
}

/* The object, or NULL if a part of it found no memory: what the log keeps is whole. */
static json_t *whole_or_none(json_t *object, bool whole)
{
    if (whole)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *features_object(const struct features *features)
{
    json_t *object = json_object();
    bool whole = true;
    for (int i = 0; i < FEATURE_COUNT; i++)
        whole &= json_object_set_new(object, feature_definitions[i].name,
                                     json_integer(features->values[i])) == 0;
    return whole_or_none(object, whole);
}

static json_t *explanation_object(const struct decision *decision)
{
    json_t *object = json_object(), *reasons = json_array();
    bool whole = true;
    for (size_t i = 0; i < decision->reasons.count; i++) {
        const struct reason *reason = &decision->reasons.list[i];
        whole &= json_array_append_new(reasons, json_pack("{s:s, s:i}", "feature",
                                                          feature_definitions[reason->feature].name,
                                                          "weight", (int)reason->weight)) == 0;
    }
    whole &= json_object_set_new(object, "reasons", reasons) == 0;
    const struct nearest *nearest = &decision->nearest;
    if (nearest->lever != LEVER_NONE)
        whole &= json_object_set_new(
                     object, "nearest",
                     json_pack("{s:s, s:i, s:i}", "change", lever_name(nearest->lever), "percent",
                               (int)nearest->percent, "risk", (int)nearest->risk)) == 0;
    return whole_or_none(object, whole);
}

enum status evidence_write(struct decision *decision, struct evidence *evidence)
{
    json_t *features = features_object(&decision->features);
    json_t *explanation = explanation_object(decision);
    enum status status = evidence_hash(features, explanation, evidence, &decision->evidence);
    json_decref(features);
    json_decref(explanation);
    return status;
}

static void features_take(const json_t *object, struct features *features)
{
    *features = features_empty();
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const json_t *value = json_object_get(object, feature_definitions[i].name);
        if (json_is_integer(value))
            features->values[i] = json_integer_value(value);
    }
}

/* A reason by a feature that nobody knows any more is left out. */
static void reasons_take(const json_t *list, struct reasons *reasons)
{
    *reasons = (struct reasons){0};
    for (size_t i = 0; i < json_array_size(list) && reasons->count < REASONS_MAX; i++) {
        const json_t *entry = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(entry, "feature"));
        int feature = name == NULL ? -1 : feature_named(name);
        if (feature >= 0)
            reasons->list[reasons->count++] =
                (struct reason){(enum feature)feature,
                                (int32_t)json_integer_value(json_object_get(entry, "weight"))};
    }
}

static void nearest_take(const json_t *object, struct nearest *nearest)
{
    const char *change = json_string_value(json_object_get(object, "change"));
    *nearest = (struct nearest){0};
    if (change != NULL)
        *nearest = (struct nearest){lever_parse(change),
                                    (int32_t)json_integer_value(json_object_get(object, "percent")),
                                    (int32_t)json_integer_value(json_object_get(object, "risk"))};
}

/* The object of a text in the database. INTERNAL: it is none, which only a forger can have done. */
static enum status object_read(const char *text, json_t **object)
{
    enum status status = json_read(slice_of(text), 0, object, NULL);
    return status == STATUS_UNAVAILABLE || json_is_object(*object) ? status : STATUS_INTERNAL;
}

enum status evidence_read(const char *features, const char *explanation, struct decision *decision)
{
    bool brief = features[0] == '\0';
    json_t *known = NULL, *why;
    struct evidence evidence;
    decision->features = (struct features){{0}};
    decision->evidence = (struct hash){{0}};
    enum status status = object_read(explanation, &why);
    if (status == STATUS_OK && !brief)
        status = object_read(features, &known);
    if (status == STATUS_OK && !brief)
        status = evidence_hash(known, why, &evidence, &decision->evidence);
    if (status == STATUS_OK) {
        if (!brief)
            features_take(known, &decision->features);
        reasons_take(json_object_get(why, "reasons"), &decision->reasons);
        nearest_take(json_object_get(why, "nearest"), &decision->nearest);
    }
    json_decref(known);
    json_decref(why);
    return status;
}
