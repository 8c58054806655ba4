/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/backtest.h"

#include <inttypes.h>

#include "base/time_text.h"

/* Lengths are in thousandths of the bars' width, and in the distribution's own units. */
enum {
    BAR_WIDTH = 1000,
    BAR_HEIGHT = 10,
    BAR_STEP = 13,
    LEFT = 62,
    RIGHT = 988,
    TOP = 34,
    BOTTOM = 262,
    HEIGHT = 306,
    WIDTH = 1000,
    GRID_LINES_MAX = 5,
    LABEL_APART = 64
};

static int64_t scaled(int64_t value, int64_t whole, int64_t length)
{
    return whole <= 0 ? 0 : (int64_t)((__int128)value * length / whole);
}

/* Two bars, recorded above candidate, as long as they are of `whole`. */
static void chart_bars(FILE *out, int64_t recorded, int64_t candidate, int64_t whole)
{
    fprintf(out,
            "<svg class=\"bars\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
            "aria-hidden=\"true\"><rect class=\"track\" width=\"%d\" height=\"%d\"/>"
            "<rect class=\"recorded\" width=\"%" PRId64 "\" height=\"%d\"/>"
            "<rect class=\"track\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
            "<rect class=\"candidate\" y=\"%d\" width=\"%" PRId64 "\" height=\"%d\"/></svg>",
            BAR_WIDTH, BAR_STEP + BAR_HEIGHT, BAR_WIDTH, BAR_HEIGHT,
            scaled(recorded, whole, BAR_WIDTH), BAR_HEIGHT, BAR_STEP, BAR_WIDTH, BAR_HEIGHT,
            BAR_STEP, scaled(candidate, whole, BAR_WIDTH), BAR_HEIGHT);
}

static int64_t x_of(int32_t risk)
{
    return LEFT + scaled(risk, MILLIONTHS, RIGHT - LEFT);
}

static int64_t y_of(int64_t count, int64_t most)
{
    return BOTTOM - scaled(count, most, BOTTOM - TOP);
}

/* The least of 1, 2 and 5 times a power of ten of which a few lines reach `most`. */
static int64_t grid_step(int64_t most)
{
    int64_t ten = 1;
    for (;; ten *= 10) {
        for (int64_t step = 1; step <= 5; step += step == 1 ? 1 : 3) {
            if (step * ten * GRID_LINES_MAX >= most)
                return step * ten;
        }
    }
}

static void grid(FILE *out, int64_t step, int64_t top)
{
    for (int64_t count = 0; count <= top; count += step) {
        int64_t y = y_of(count, top);
        fprintf(out,
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%" PRId64 "\" y2=\"%" PRId64
                "\"/><text class=\"axis\" x=\"%d\" y=\"%" PRId64 "\" text-anchor=\"end\">%s</text>",
                LEFT, RIGHT, y, y, LEFT - 8, y + 4, figure_count(count, FIGURE_PLAIN).data);
    }
    for (int i = 0; i <= BACKTEST_TENTHS; i++)
        fprintf(out,
                "<text class=\"axis\" x=\"%" PRId64
                "\" y=\"%d\" text-anchor=\"middle\">%d.%d</text>",
                x_of(i * (MILLIONTHS / BACKTEST_TENTHS)), BOTTOM + 18, i / BACKTEST_TENTHS,
                i % BACKTEST_TENTHS);
    fprintf(out,
            "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">risk under the "
            "candidate's emotion guard</text>",
            (LEFT + RIGHT) / 2, BOTTOM + 38);
}

static void bin(FILE *out, const struct backtest_pair *pair, int32_t from, int64_t most)
{
    int64_t x = x_of(from) + 1, width = x_of(from + BACKTEST_BIN_RISK) - x;
    int64_t all = y_of(pair->recorded.count, most), now = y_of(pair->candidate.approved, most);
    fprintf(out,
            "<g><title>risk %s to %s: %s decisions, %s approved as recorded, %s by the "
            "candidate</title>"
            "<rect class=\"denied\" x=\"%" PRId64 "\" y=\"%" PRId64 "\" width=\"%" PRId64
            "\" height=\"%" PRId64 "\"/><rect class=\"candidate\" x=\"%" PRId64 "\" y=\"%" PRId64
            "\" width=\"%" PRId64 "\" height=\"%" PRId64 "\"/></g>\n",
            figure_risk(from).data, figure_risk(from + BACKTEST_BIN_RISK).data,
            figure_count(pair->recorded.count, FIGURE_PLAIN).data,
            figure_count(pair->recorded.approved, FIGURE_PLAIN).data,
            figure_count(pair->candidate.approved, FIGURE_PLAIN).data, x, all, width, BOTTOM - all,
            x, now, width, BOTTOM - now);
}

/* What was approved as recorded, as a line over the bins. */
static void recorded_line(FILE *out, const struct backtest *backtest, int64_t most)
{
    fprintf(out, "<path class=\"line\" d=\"M%d %d", LEFT, BOTTOM);
    for (int i = 0; i < BACKTEST_BINS; i++)
        fprintf(out, "V%" PRId64 "H%" PRId64, y_of(backtest->bins[i].recorded.approved, most),
                x_of((i + 1) * BACKTEST_BIN_RISK));
    fprintf(out, "V%d\"/>", BOTTOM);
}

/* Labels that would touch the one before are left out; the line stays. */
static void edges(FILE *out, const struct policy *policy)
{
    int64_t last_x = -LABEL_APART;
    for (size_t i = 0; i + 1 < policy->band_count; i++) {
        int64_t x = x_of(policy->bands[i].risk_to);
        fprintf(out,
                "<line class=\"edge\" x1=\"%" PRId64 "\" x2=\"%" PRId64 "\" y1=\"%d\" y2=\"%d\"/>",
                x, x, TOP - 14, BOTTOM);
        if (x - last_x < LABEL_APART)
            continue;
        fprintf(out,
                "<text class=\"axis\" x=\"%" PRId64 "\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                x, TOP - 20, figure_risk(policy->bands[i].risk_to).data);
        last_x = x;
    }
}

/* How many decisions have which risk, how many of them are approved, and where bands end. */
static void chart_distribution(FILE *out, const struct backtest *backtest)
{
    int64_t most = 1;
    for (int i = 0; i < BACKTEST_BINS; i++) {
        if (backtest->bins[i].recorded.count > most)
            most = backtest->bins[i].recorded.count;
    }
    int64_t step = grid_step(most), top = (most + step - 1) / step * step;
    fprintf(out,
            "<svg class=\"distribution\" viewBox=\"0 0 %d %d\" role=\"img\" "
            "aria-label=\"How many decisions have which risk\">",
            WIDTH, HEIGHT);
    grid(out, step, top);
    for (int i = 0; i < BACKTEST_BINS; i++)
        bin(out, &backtest->bins[i], i * BACKTEST_BIN_RISK, top);
    recorded_line(out, backtest, top);
    edges(out, backtest->candidate);
    fputs("</svg>\n", out);
}

static const char style[] =
    ":root{color-scheme:light dark;--ground:#f6f6f3;--card:#fff;--ink:#1c2430;--quiet:#69727f;"
    "--rule:#e4e5e0;--track:#eff0ec;--recorded:#a9b4c2;--candidate:#2f6f8f;--denied:#e3e4df;"
    "--edge:#b06a3b;--line:#1c2430}\n"
    "@media (prefers-color-scheme:dark){:root{--ground:#14181d;--card:#1b2027;--ink:#e4e7ea;"
    "--quiet:#939da9;--rule:#2b323b;--track:#242a32;--recorded:#66717f;--candidate:#5aa3c4;"
    "--denied:#323a44;--edge:#d7965f;--line:#f2f4f6}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"
    "'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-variant-numeric:tabular-nums}\n"
    "main{max-width:1080px;margin:0 auto;padding:44px 24px 64px}\n"
    "h1{font-size:27px;line-height:1.25;font-weight:600;letter-spacing:-.01em;margin:0 0 6px}\n"
    "h2{font-size:17px;font-weight:600;margin:0 0 4px}\n"
    "p{margin:0}.quiet{color:var(--quiet)}.note{margin-top:10px}\n"
    "code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\n"
    ".cards{display:grid;grid-template-columns:repeat(3,1fr);gap:14px;margin:28px 0 14px}\n"
    ".card,section{background:var(--card);border:1px solid var(--rule);border-radius:12px}\n"
    ".card{padding:16px 20px}section{padding:22px 24px;margin-top:14px;overflow-x:auto}\n"
    ".card .name{color:var(--quiet);font-size:13px}\n"
    ".card .now{font-size:24px;font-weight:600;letter-spacing:-.01em;line-height:1.4}\n"
    ".card .then{font-size:13px;color:var(--quiet)}\n"
    ".card .change{color:var(--candidate);font-weight:600;float:right}\n"
    "table{border-collapse:collapse;width:100%;margin-top:12px;font-size:14px}\n"
    "th{font-weight:500;font-size:13px;color:var(--quiet);text-align:right;padding:4px 0 8px 18px;"
    "vertical-align:bottom}\n"
    "td{border-top:1px solid var(--rule);padding:9px 0 9px 18px;text-align:right;"
    "white-space:nowrap;vertical-align:middle}\n"
    "th:first-child,td:first-child{text-align:left;padding-left:0}\n"
    "td.chart{width:21%;min-width:130px}td.two{line-height:1.35}\n"
    ".two span{display:block}.two .old{color:var(--quiet);font-size:13px}\n"
    ".detail{display:block;color:var(--quiet);font-size:12.5px}\n"
    ".zero td{color:var(--quiet)}\n"
    "svg{display:block;width:100%}svg.bars{height:26px}svg.distribution{margin-top:14px}\n"
    ".recorded{fill:var(--recorded)}.candidate{fill:var(--candidate)}.track{fill:var(--track)}\n"
    ".denied{fill:var(--denied)}.grid{stroke:var(--rule)}.axis{fill:var(--quiet);font-size:12px}\n"
    ".distribution .candidate{opacity:.72}.line{fill:none;stroke:var(--line);stroke-width:1.5}\n"
    ".edge{stroke:var(--edge);stroke-dasharray:4 4}\n"
    ".key{display:flex;flex-wrap:wrap;gap:4px 20px;color:var(--quiet);font-size:13px;"
    "margin-top:6px}\n"
    ".key i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:7px;"
    "vertical-align:-1px}\n"
    ".key .r{background:var(--recorded)}.key .c{background:var(--candidate)}"
    ".key .d{background:var(--denied)}\n"
    ".key .l{height:0;border-top:2px solid var(--line);border-radius:0;vertical-align:4px}\n"
    ".key .e{height:0;border-top:2px dashed var(--edge);border-radius:0;vertical-align:4px}\n"
    "details{margin-top:14px}summary{font-size:14px;font-weight:600;cursor:pointer}\n"
    "@media (max-width:720px){.cards{grid-template-columns:1fr 1fr}main{padding:24px 14px}}\n"
    "@media print{body{background:none}section,.card{break-inside:avoid}}\n";

static void escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static void head(FILE *out, const struct backtest *backtest)
{
    const struct policy *policy = backtest->candidate;
    char hash[HASH_TEXT_SIZE], first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    hash_format(&policy->hash, hash);
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Backtest of ",
          out);
    escaped(out, policy->name);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>Backtest of ", style);
    escaped(out, policy->name);
    fprintf(out, "</h1>\n<p class=\"quiet\">%s recorded decisions",
            figure_count(backtest->total.recorded.count, FIGURE_PLAIN).data);
    if (backtest->total.recorded.count > 0) {
        time_format(backtest->first_us, first);
        time_format(backtest->last_us, last);
        fprintf(out, ", %.10s to %.10s", first, last);
    }
    fprintf(out, ", weighed again by the policy <code>%.8s</code>, emotion guard %s</p>\n", hash,
            emotion_guard_name(policy->emotion_guard));
    if (backtest->unlogged > 0)
        fprintf(out,
                "<p class=\"quiet note\">%s decisions are left out: they are from before both "
                "risks were recorded.</p>\n",
                figure_count(backtest->unlogged, FIGURE_PLAIN).data);
}

static void cards(FILE *out, const struct backtest *backtest)
{
    struct figure figures[FIGURES];
    figure_table(&backtest->total, figures);
    fputs("<div class=\"cards\">\n", out);
    for (size_t i = 0; i < FIGURES; i++)
        fprintf(out,
                "<div class=\"card\"><div class=\"name\"><span class=\"change\">%s</span>%s</div>"
                "<div class=\"now\">%s</div><div class=\"then\">recorded %s</div></div>\n",
                figures[i].change.data, figures[i].name, figures[i].candidate.data,
                figures[i].recorded.data);
    fputs("</div>\n", out);
}

static const char bar_key[] = "<div class=\"key\"><span><i class=\"r\"></i>recorded</span>"
                              "<span><i class=\"c\"></i>candidate</span></div>\n";

/* A cell of two numbers, recorded above candidate. */
static void cell_two(FILE *out, struct figure_text recorded, struct figure_text candidate)
{
    fprintf(out, "<td class=\"two\"><span class=\"old\">%s</span><span>%s</span></td>",
            recorded.data, candidate.data);
}

static void segment_row(FILE *out, const struct segment *segment, int64_t most_cents)
{
    enum { WHOLE_BP = 10000 };
    const struct backtest_sum *old = &segment->pair.recorded, *new = &segment->pair.candidate;
    fputs(old->count == 0 ? "<tr class=\"zero\"><td>" : "<tr><td>", out);
    fputs(segment->name, out);
    fputs("<span class=\"detail\">", out);
    escaped(out, segment->detail);
    fprintf(out, "</span></td><td>%s</td><td class=\"chart\">",
            figure_count(old->count, FIGURE_PLAIN).data);
    chart_bars(out, backtest_approved_bp(old), backtest_approved_bp(new), WHOLE_BP);
    fputs("</td>", out);
    cell_two(out, figure_approved(old), figure_approved(new));
    fputs("<td class=\"chart\">", out);
    chart_bars(out, old->limit_cents, new->limit_cents, most_cents);
    fputs("</td>", out);
    cell_two(out, figure_units(old->limit_cents, FIGURE_PLAIN),
             figure_units(new->limit_cents, FIGURE_PLAIN));
    fprintf(out, "<td>%s</td></tr>\n",
            figure_units(backtest_loss_cents(new) - backtest_loss_cents(old), FIGURE_CHANGE).data);
}

static void segments_section(FILE *out, const char *title, const char *subject,
                             const struct segment segments[], size_t count)
{
    int64_t most_cents = 0;
    for (size_t i = 0; i < count; i++) {
        const struct backtest_pair *pair = &segments[i].pair;
        if (pair->recorded.limit_cents > most_cents)
            most_cents = pair->recorded.limit_cents;
        if (pair->candidate.limit_cents > most_cents)
            most_cents = pair->candidate.limit_cents;
    }
    fprintf(out,
            "<section>\n<h2>%s</h2>\n%s<table>\n<thead><tr><th>%s</th><th>decisions</th>"
            "<th colspan=\"2\">approval rate</th><th colspan=\"2\">exposure</th>"
            "<th>expected loss,<br>change</th></tr></thead>\n<tbody>\n",
            title, bar_key, subject);
    for (size_t i = 0; i < count; i++)
        segment_row(out, &segments[i], most_cents);
    fputs("</tbody>\n</table>\n</section>\n", out);
}

static void distribution_section(FILE *out, const struct backtest *backtest)
{
    fputs("<section>\n<h2>Distribution of risk</h2>\n<div class=\"key\">"
          "<span><i class=\"c\"></i>approved by the candidate</span>"
          "<span><i class=\"d\"></i>denied by the candidate</span>"
          "<span><i class=\"l\"></i>approved as recorded</span>"
          "<span><i class=\"e\"></i>where a band ends</span></div>\n",
          out);
    chart_distribution(out, backtest);
    fputs("</section>\n", out);
}

static void swap_row(FILE *out, const struct backtest *backtest, enum backtest_swap swap)
{
    const struct backtest_sum *old = &backtest->swaps[swap].sums.recorded;
    const struct backtest_sum *new = &backtest->swaps[swap].sums.candidate;
    fprintf(out, "<tr%s><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
            old->count == 0 ? " class=\"zero\"" : "", backtest_swap_name(swap),
            figure_count(old->count, FIGURE_PLAIN).data,
            figure_units(old->limit_cents, FIGURE_PLAIN).data,
            figure_units(new->limit_cents, FIGURE_PLAIN).data,
            figure_units(new->limit_cents - old->limit_cents, FIGURE_CHANGE).data,
            figure_units(backtest_loss_cents(new) - backtest_loss_cents(old), FIGURE_CHANGE).data);
}

static void examples(FILE *out, enum backtest_swap swap, const struct backtest_set *set)
{
    if (set->example_count == 0)
        return;
    fprintf(out,
            "<details>\n<summary>%s: the greatest "
            "changes</summary>\n<table>\n<thead><tr><th>decision</th>"
            "<th>decided</th><th>risk</th><th>recorded</th><th>candidate</th></tr></thead>\n"
            "<tbody>\n",
            backtest_swap_name(swap));
    for (size_t i = 0; i < set->example_count; i++) {
        const struct backtest_example *example = &set->examples[i];
        char id[UUID_TEXT_SIZE], time[TIME_TEXT_SIZE];
        uuid_format(&example->decision_id, id);
        time_format(example->decided_at_us, time);
        fprintf(out,
                "<tr><td><code>%s</code></td><td>%.10s</td><td>%s</td><td>%s</td><td>%s</td>"
                "</tr>\n",
                id, time, figure_risk(example->candidate.risk).data,
                figure_terms(&example->recorded).data, figure_terms(&example->candidate).data);
    }
    fputs("</tbody>\n</table>\n</details>\n", out);
}

static void swaps_section(FILE *out, const struct backtest *backtest)
{
    fputs("<section>\n<h2>What changes</h2>\n", out);
    if (!figure_any_differs(backtest)) {
        fputs("<p class=\"quiet\">No decision comes out differently.</p>\n</section>\n", out);
        return;
    }
    fputs("<p class=\"quiet\">An approval that stays one may be in several of the last four."
          "</p>\n<table>\n<thead><tr><th></th><th>decisions</th><th>exposure<br>recorded</th>"
          "<th>exposure<br>candidate</th><th>exposure,<br>change</th>"
          "<th>expected loss,<br>change</th></tr></thead>\n<tbody>\n",
          out);
    for (int i = 0; i < SWAP_COUNT; i++)
        swap_row(out, backtest, (enum backtest_swap)i);
    fputs("</tbody>\n</table>\n", out);
    for (int i = 0; i < SWAP_COUNT; i++)
        examples(out, (enum backtest_swap)i, &backtest->swaps[i]);
    fputs("</section>\n", out);
}

static const char words[] =
    "<p class=\"quiet note\">Exposure is the sum of the limits of all approvals; expected loss is "
    "the sum of limit × risk; price is the mean rate, weighted by limit. Each side counts the risk "
    "that its own emotion guard lets decide.</p>\n";

bool backtest_html(const struct backtest *backtest, FILE *out)
{
    struct segment segments[SEGMENTS_MAX];
    head(out, backtest);
    cards(out, backtest);
    segments_section(out, "By band of the candidate", "risk", segments,
                     segment_by_band(backtest, segments));
    distribution_section(out, backtest);
    swaps_section(out, backtest);
    segments_section(out, "By risk", "risk", segments, segment_by_risk(backtest, segments));
    size_t groups = segment_by_group(backtest, segments);
    if (groups > 1)
        segments_section(out, "By group of people", "group", segments, groups);
    fprintf(out, "%s</main>\n</body>\n</html>\n", words);
    return ferror(out) == 0;
}
