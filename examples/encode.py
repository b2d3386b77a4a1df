"""Turns texts, or rows of a table, into the numbers that a student takes, by the encoding.json beside the student.

    python3 examples/encode.py encoding.json < texts.txt     # a text a line
    python3 examples/encode.py encoding.json < rows.jsonl    # a JSON object a line

Prints a JSON list of float32 numbers for each line. Nothing but Python is needed; copy it into your own service.
docs/text-and-tables.md says the rules.
"""
import decimal, json, math, re, struct, sys, unicodedata

WHITE_SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "<na>", "#n/a", "#na", "nat", "-nan", "\\n"}

def float32(value):
    if math.isinf(value):
        raise OverflowError("a number is infinite")
    return struct.unpack("<f", struct.pack("<f", value))[0]

def fnv1a32(data):
    hash = 0x811C9DC5
    for byte in data:
        hash = (hash ^ byte) * 0x01000193 & 0xFFFFFFFF
    return hash

def encode_text(encoding, text):
    row = [0] * encoding["buckets"]
    lengths = range(encoding["ngrams"]["from"], encoding["ngrams"]["to"] + 1)
    # Half a surrogate pair, which JSON can hold and UTF-8 cannot, becomes the replacement character U+FFFD.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for word in WHITE_SPACE.split(unicodedata.normalize("NFC", text).lower()):
        padded = f" {word} "
        ngrams = [padded[i : i + n] for n in lengths for i in range(len(padded) - n + 1)] if word else []
        for ngram in ngrams:
            if ngram != " ":
                hash = fnv1a32(ngram.encode())
                row[hash % len(row)] += 1 if hash < 2**31 else -1
    norm = math.sqrt(sum(count * count for count in row))
    return [float32(count / norm) if norm else 0.0 for count in row]

def number(cell):
    """The cell's number; None: the cell is missing."""
    if cell is None or isinstance(cell, float) and math.isnan(cell):
        return None
    if not isinstance(cell, str):
        return float(cell)
    text = cell.strip(" \t\r\n").lower()
    if text in ("true", "false"):
        return float(text == "true")
    if not NUMBER.fullmatch(text) and text not in MISSING:
        raise ValueError(f"{cell!r} is no number")
    return None if text in MISSING else float(text)

def category(cell):
    if cell is None or isinstance(cell, float) and math.isnan(cell):
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return number_text(cell) if isinstance(cell, float) else str(cell).strip(" \t\r\n")

def number_text(value):
    """A number as JavaScript writes it, since the encoding's values are so: 2, 0.00001, 1e-7, 1e+21."""
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        return re.sub("[.]0$", "", f"{decimal.Decimal(repr(value)):f}")
    return re.sub("e([+-])0", r"e\1", repr(value)).replace("inf", "Infinity")

def encode_row(encoding, row):
    numbers = []
    for column in encoding["columns"]:
        cell = row[column["name"]]
        if column["kind"] == "category":
            known, value = column["values"], category(cell)
            place = known.index(value) if value in known else len(known)
            numbers += [float(i == place) for i in range(len(known) + 1)]
        else:
            value = number(cell)
            numbers.append(0.0 if value is None else float32((value - column["mean"]) / column["deviation"]))
            numbers += [float(value is None)] * column["missing"]
    return numbers

def encode(encoding, sample):
    """A text, or a dict with a value for each column, as a list of numbers."""
    if encoding["version"] != 1:
        raise ValueError(f"this reads version 1 of encodings, got {encoding['version']}")
    return (encode_text if encoding["kind"] == "text" else encode_row)(encoding, sample)

if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        own = json.load(file)
    for line in open(0, encoding="utf-8"):
        line = line.rstrip("\r\n")
        if line:
            print(json.dumps(encode(own, line if own["kind"] == "text" else json.loads(line))))
