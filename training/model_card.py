"""Writes one page per risk model from its card and the figures of `evaluate`; draws calibration, decision curve, subgroups."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.evaluation import DATA_OF, SAME_HOSPITAL
from training.places import ROOT, released

FIGURES = ROOT / "docs" / "validation" / "risk_models.json"
SAFETY = ROOT / "docs" / "safety" / "risk_models.md"
PAGES = ROOT / "docs" / "models" / "risk"
STATEMENT = (
    "Research use, not cleared as a medical device. Adjunctive: never the sole basis of a decision. The risk is an association "
    "in past patients whose treatment is not in the data: it holds for patients treated as those were, and says nothing about "
    "what an order would do."
)
TUNED = dict.fromkeys(("sepsis", "death"), "chosen on inner splits of the training hospital")
WORDS = {
    "physionet2019": "PhysioNet/CinC Challenge 2019, hospital B",
    "physionet2012": "PhysioNet/CinC Challenge 2012, set b",
    "eicu_demo": "eICU demo (many hospitals)",
}


def write(figures: Mapping[str, Any]) -> None:
    """The page of every event in the figures, the figures that all pages were made from, and the table of the rule."""
    PAGES.mkdir(parents=True, exist_ok=True)
    known = json.loads(FIGURES.read_text(encoding="utf-8"))
    every = {
        variant: {event: each[event] for event in DATA_OF if event in (each := {**known[variant], **figures[variant]})}
        for variant in known
    }
    FIGURES.write_text(json.dumps(every, indent=1) + "\n", encoding="utf-8")
    SAFETY.write_text(_with_rule(SAFETY.read_text(encoding="utf-8"), every), encoding="utf-8")
    for event in figures["shipped"]:
        _, path = released("shipped", event)
        card = json.loads(path.read_text(encoding="utf-8"))
        draw(event, figures["shipped"][event]["by_data"])
        (PAGES / f"{event}.md").write_text(page(event, card, figures), encoding="utf-8")


def page(event: str, card: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """The page of one model."""
    train, shape = card["training"], card["shape"]
    tuned = TUNED.get(event, "set beforehand; none of the other sizes tried in the training hospital was surely better")
    made = (
        f"**Made from.** {card['trained_on']}: {train['stays']:,} adult stays, {train['hours']:,} rows, "
        f"{train['event_hours']:,} of them with the event ({train['stays_with_event']:,} stays). None of them is scored below."
    )
    form = (
        f"**Form.** {shape['members']} boosters of {shape['trees']} trees with {shape['leaves']} leaves ({tuned}), each on a "
        "bootstrap sample of patients; every tree reads one organ; logistic calibration on the patients that a member left "
        "out. The spread of the members is shown as the interval."
    )
    variables: dict[str, list[str]] = {}
    for f in card["features"]:
        variables.setdefault(f["organ"], [])
        if f["variable"] not in variables[f["organ"]]:
            variables[f["organ"]].append(f["variable"])
    parts = [
        f"# {card['title']}",
        STATEMENT,
        f"**Event.** {card['definition']}.",
        made,
        form,
        "**Reads.** " + "; ".join(f"{organ.replace('_', ' ')}: {', '.join(names)}" for organ, names in variables.items()) + ".",
        f"**File.** sha256 `{card['onnx_sha256']}`{_alike(card)}",
        "## How good it is",
        _performance(event, figures),
        f"![Calibration, decision curve, subgroups]({event}.svg)",
        *_at_card(figures["shipped"][event]),
        "## Subgroups",
        _subgroups(figures["shipped"][event]["by_data"]),
        "Ethnicity is not in the data of 2012 and 2019; fairness by ethnicity was not tested.",
    ]
    if "rank" in card and event != "death":
        parts += ["## What a rank means", _ranks(card["rank"])]
    return "\n\n".join(parts) + "\n"


def _alike(card: Mapping[str, Any]) -> str:
    """How far the graph is from the trees it was written from."""
    if "parity" not in card:
        return ""
    p = card["parity"]
    return (
        f". On {p['rows']:,} rows of real patients its probability differs from that of the LightGBM trees by at most "
        f"{p['probability']:.0e}, and from what its organ terms sum to by at most {p['terms']:.0e}."
    )


def rule_table(figures: Mapping[str, Any]) -> str:
    """The parts of the rule for every event in every outside data set, and what it says."""
    head = ("event, cut-off", "data", "ranks better than every plain score", "went on to it (95 %)", "best plain score",
            "better by (95 %)", "rule")  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for event, found in figures["shipped"].items():
        for name, each in found["by_data"].items():
            c = each.get("at_card", {})
            if (event, name) in SAME_HOSPITAL or c.get("ppv") is None:
                continue
            (low, high), (worse, better) = c["ppv_interval"], c["ppv_gain_interval"]
            cells = (
                f"{event.replace('_', ' ')}, {c['threshold']:.3f}",
                WORDS[name],
                "yes" if c["ranks_better"] else "no",
                f"{c['ppv']:.1%} ({low:.1%} to {high:.1%})",
                f"{c['best_plain_score'].replace('_', ' ')}: {c['best_plain_ppv']:.1%}",
                f"{100 * worse:.1f} to {100 * better:.1f} points",
                "shown" if found["shown_by_the_rule"] else "silent",
            )
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _with_rule(safety: str, figures: Mapping[str, Any]) -> str:
    """The page on safety with this table under the heading of the rule."""
    before, heading, rest = safety.partition("## The rule\n")
    words, after = rest.split("\n| ", 1)[0], rest[rest.index("\n\n", rest.index("\n| ")) :]
    return f"{before}{heading}{words}\n{rule_table(figures)}{after}"


def _at_card(found: Mapping[str, Any]) -> list[str]:
    """What stands above the cut-off of a card, beside the best plain score, and what the rule says."""
    rows = [
        (name, each["at_card"]) for name, each in found["by_data"].items() if each.get("at_card", {}).get("ppv") is not None
    ]
    if not rows:
        return []
    threshold = rows[0][1]["threshold"]
    lines = [
        "| data | hours (stays) | went on to it (95 %) | first of a stay | best plain score | difference (95 %) |",
        "|---|---|---|---|---|---|",
    ]
    for name, c in rows:
        (low, high), (worse, better) = c["ppv_interval"], c["ppv_gain_interval"]
        lines.append(
            f"| {WORDS[name]} | {c['hours']:,} ({c['stays']:,}) | {c['ppv']:.1%} ({low:.1%} to {high:.1%}) | "
            f"{c['ppv_first_of_stay']:.1%} | {c['best_plain_score'].replace('_', ' ')}: {c['best_plain_ppv']:.1%} | "
            f"{100 * worse:.1f} to {100 * better:.1f} points |"
        )
    verdict = "shown" if found["shown_by_the_rule"] else "silent"
    told = (
        f"Hours of p ≥ {threshold:.4f}, beside the plain score with the highest share at equally many hours. "
        f"By [the rule](../../safety/risk_models.md#the-rule) the event is {verdict}."
    )
    return ["## At the cut-off of a card", told, "\n".join(lines)]


def _performance(event: str, figures: Mapping[str, Any]) -> str:
    lines = [
        "| model | data | rows / events / stays | AUROC (95 %) | AUPRC | O:E | slope | more |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for variant in figures:
        for name, found in figures[variant].get(event, {"by_data": {}})["by_data"].items():
            low, high = found["auroc_interval"]
            more = [
                f"alerts per patient-day {a['per_patient_day_at_risk']}, PPV {a['ppv']}" for a in [found.get("alerts")] if a
            ]
            if "utility" in found:
                more.append(
                    f"utility {found['utility']:.3f} ({found['utility_interval'][0]:.3f} to {found['utility_interval'][1]:.3f})"
                )
            more += [found["note"]] if "note" in found else []
            c, who = found["calibration"], "this model" if variant == "shipped" else "with care process (research only)"
            counts = f"{found['rows']:,} / {found['events']:,} / {found['stays']:,}"
            lines.append(
                f"| {who} | {WORDS[name]} | {counts} | {found['auroc']:.3f} ({low:.3f}-{high:.3f}) | {found['auprc']:.3f} | "
                f"{c['observed_to_expected']:.2f} | {c['slope']:.2f} | {'; '.join(more)} |"
            )
            for baseline, other in found["baselines"].items() if variant == "shipped" else ():
                gain = other["auroc_gain_interval"]
                lines.append(
                    f"| {baseline.replace('_', ' ')} | {WORDS[name]} | | {other['auroc']:.3f} | {other['auprc']:.3f} | | | "
                    f"the model is better by {gain[0]:.3f} to {gain[1]:.3f} |"
                )
    return "\n".join(lines)


def _subgroups(by_data: Mapping[str, Any]) -> str:
    lines = ["| data | group | rows | events | AUROC | O:E |", "|---|---|---|---|---|---|"]
    for name, found in by_data.items():
        for group, g in found["subgroups"].items():
            lines.append(
                f"| {WORDS[name]} | {group.replace('_', ' ')} | {g['rows']:,} | {g['events']:,} | "
                f"{g.get('auroc', 'too few')} | {g.get('observed_to_expected', '')} |"
            )
    return "\n".join(lines)


def _ranks(rank: Mapping[str, Any]) -> str:
    shown = [(s, p) for s, p in zip(rank["share_below"], rank["ppv"], strict=True) if s in {0.5, 0.8, 0.9, 0.95, 0.98, 0.99}]
    lines = ["| among the highest | of such hours went on to it |", "|---|---|"]
    lines += [f"| {100 * (1 - s):.0f} % | {100 * p:.0f} % |" for s, p in dict(shown).items()]
    return f"In {rank['population']}; average hour {100 * rank['base_rate']:.1f} %.\n\n" + "\n".join(lines)


def draw(event: str, by_data: Mapping[str, Any], folder: Path = PAGES) -> None:
    """Calibration by tenths, net benefit, and AUROC of subgroups, one colour per data set, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = event
    from matplotlib import pyplot

    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13.5, 4))
    groups = list(dict.fromkeys(group for found in by_data.values() for group in found["subgroups"]))
    for name, found in by_data.items():
        curve, benefit = found["calibration_curve"], found["net_benefit"]
        left.plot([c["predicted"] for c in curve], [c["observed"] for c in curve], "o-", label=WORDS[name], markersize=3)
        middle.plot([b["threshold"] for b in benefit], [b["model"] for b in benefit], "o-", label=WORDS[name], markersize=3)
        known = [(g["auroc"], groups.index(group)) for group, g in found["subgroups"].items() if "auroc" in g]
        [dots] = (
            right.plot(*zip(*known, strict=True), "o", label=WORDS[name], markersize=4) if known else right.plot([], [], "o")
        )
        right.axvline(found["auroc"], color=dots.get_color(), linewidth=0.8)
    most = max(c[k] for f in by_data.values() for c in f["calibration_curve"] for k in ("predicted", "observed"))
    left.plot([0, most], [0, most], color="grey", linewidth=0.8)
    middle.axhline(0.0, color="grey", linewidth=0.8)
    left.set(xlabel="predicted", ylabel="observed", title="Calibration by tenths")
    middle.set(xlabel="threshold probability", ylabel="net benefit per row", title="Decision curve (alarm for none = 0)")
    right.set(xlabel="AUROC (line: everybody)", title="Subgroups of 20 and more events")
    right.set_yticks(range(len(groups)), [group.replace("_", " ") for group in groups])
    right.invert_yaxis()
    left.legend(fontsize=7)
    figure.tight_layout()
    path = folder / f"{event}.svg"
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    path.write_text("".join(f"{line.rstrip()}\n" for line in path.read_text(encoding="utf-8").splitlines()), encoding="utf-8")
