/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Schema of an object that has every feature by its name.
 */
#ifndef ECS_ROLES_FEATURES_SCHEMA_H
#define ECS_ROLES_FEATURES_SCHEMA_H

#define FEATURES_SCHEMA_TEXT                                                                       \
    "{\"type\":\"object\",\"description\":\"Every feature by its name, in its unit.\","            \
    "\"additionalProperties\":{\"type\":\"number\"}}"

#endif
