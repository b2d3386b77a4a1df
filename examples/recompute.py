"""Recomputes every figure of a run's report from its predictions; exit status 1 if a printed digit differs.

    coordinator report RUN --predictions predictions.npz -o json > report.json
    python3 examples/recompute.py predictions.npz report.json
"""
import json, sys
import numpy as np

def log_softmax(z):
    z = z.astype(np.float64) - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

def mean(values):
    return float(values.mean()) if len(values) and np.isfinite(values.mean()) else None

def greatest(z):
    """The class of each row's greatest output; -1 where all are -inf: a black box gave no answer."""
    return np.where(np.isneginf(z).all(axis=1), -1, z.argmax(axis=1))

def figures(outputs, y, references, classes_of, black, is_black):
    best, known = greatest(outputs), y >= 0
    z = np.where(best[:, None] < 0, np.float32(0), outputs)  # No answer is wrong, with equal probabilities.
    log_q, right = log_softmax(z), best == y
    confidence = 1 / np.exp(z.astype(np.float64) - z.max(axis=1, keepdims=True)).sum(axis=1)
    bins = np.ceil(15 * confidence - 1e-5) - 1  # Logarithms in float32 move what lies on an edge, as 4 of 5 votes.
    gaps = [abs((confidence - right)[known & (bins == b)].sum()) for b in range(15)]
    fidelity = []
    for name, v in references.items():
        classes, own, w = classes_of[name], outputs, y
        if classes is not None:  # The reference knows only these classes: use only their samples and logits.
            kept = (y < 0) | np.isin(y, classes)
            v, own, w = v[kept][:, classes], outputs[kept][:, classes], y[kept]
            w = np.where(w < 0, -1, np.searchsorted(classes, w))
        log_p, answered = log_softmax(v), greatest(v) >= 0
        both, same = answered & (greatest(own) >= 0), greatest(v) == greatest(own)
        kl = np.where(log_p > -np.inf, np.exp(log_p) * (log_p - log_softmax(own)), 0).sum(axis=1)
        fidelity.append({"to": name, "agreement": mean(same[both]),
                         "kl": None if is_black or name in black else mean(kl[answered]),
                         "agreementWhereWrong": mean(same[both & (w >= 0) & (greatest(v) != w)])})
    brier = ((np.exp(log_q) - np.eye(z.shape[1])[y]) ** 2).sum(axis=1)
    return {"accuracy": mean(right[known]), "nll": None if is_black else mean(-log_q[known, y[known]]),
            "ece": sum(gaps) / known.sum() if known.any() and not is_black else None,
            "brier": None if is_black else mean(brier[known]),
            "perClassRecall": [mean(right[y == c]) for c in range(z.shape[1])], "fidelity": fidelity}

def flat(value, name=""):
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None: return [(name, value if isinstance(value, str) or value is None else f"{max(0, value):.4f}")]
    return [figure for key, part in parts for figure in flat(part, f"{name} {key}")]

np.seterr(invalid="ignore", divide="ignore")
arrays, report, different = np.load(sys.argv[1]), json.load(open(sys.argv[2], encoding="utf-8")), 0
references = {"ensemble": report["ensemble"], **{f"teacher.{t['name']}": t for t in report["teachers"]}}
black = {f"teacher.{t['name']}" for t in report["teachers"] if t["access"] == "black"}  # It gave classes alone.
students = {name: report[name] for name in ("student", "studentWithoutTeachers", "studentAllLabels")}
classes_of = {name: row and row.get("knownClasses") for name, row in references.items()}
rows = {name: row for name, row in {**references, **students}.items() if row}
for split, prefix in ("test", ""), ("validation", "validation."), ("train", "train."):
    for model, row in rows.items():
        others = {name: arrays[prefix + name] for name in references if name in rows and name != model}
        own = figures(arrays[prefix + model], arrays[prefix + "label"], others, classes_of, black, model in black)
        wanted = row if split == "test" else row[split]
        if wanted["perClassRecall"] is None: own["perClassRecall"] = None
        for (name, text), (_, told) in zip(flat(own), flat({key: wanted[key] for key in own}), strict=True):
            different += text != told
            print(f"{split} {model}{name}: {text}" + ("" if text == told else f", but the report has {told}"))
sys.exit(1 if different else 0)
