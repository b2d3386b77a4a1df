"""Writes a set with Hugging Face's datasets and one with webdataset, and prints what these libraries read of them.

Argument: an empty folder.
"""
import hashlib
import io
import json
import os
import sys

import numpy
import webdataset
from datasets import ClassLabel, Dataset, Features, Image, Value, load_dataset
from PIL import Image as Pictures

ROOT = sys.argv[1]
SPLITS = {"train": range(0, 150), "validation": range(150, 190), "test": range(190, 240)}
rng = numpy.random.default_rng(0)


def picture(n):
    pixels = rng.integers(0, 256, (12, 16, 3), dtype=numpy.uint8)
    out = io.BytesIO()
    Pictures.fromarray(pixels).save(out, "PNG" if n % 7 == 0 else "JPEG")
    return out.getvalue()


PICTURES = [picture(n) for n in range(240)]
LABELS = [None if n % 11 == 0 else n % 3 for n in range(240)]


def hugging_face():
    features = Features({"id": Value("string"), "image": Image(), "label": ClassLabel(names=["cat", "dog", "ant"])})
    files = {}
    for split, rows in SPLITS.items():
        columns = {
            "id": [str(n) for n in rows],
            "image": [{"bytes": PICTURES[n], "path": f"{n}.jpg"} for n in rows],
            "label": [LABELS[n] for n in rows],
        }
        whole = Dataset.from_dict(columns, features=features)
        count = 2 if split == "train" else 1
        files[split] = [f"{ROOT}/hf/{split}-{n:05d}-of-{count:05d}.parquet" for n in range(count)]
        for n, file in enumerate(files[split]):
            whole.shard(count, n, contiguous=True).to_parquet(file, batch_size=20)
    read = load_dataset("parquet", data_files=files, cache_dir=f"{ROOT}/hf-cache")
    read = read.cast_column("image", Image(decode=False))
    return {split: [[sha(row["image"]["bytes"]), row["label"]] for row in read[split]] for split in SPLITS}


def web_dataset():
    found = {}
    for split, rows in SPLITS.items():
        with webdataset.ShardWriter(f"{ROOT}/wds/{split}-%04d.tar", maxcount=60, verbose=0) as writer:
            for n in rows:
                sample = {"__key__": f"{'long-' * 30}folder.{n % 4}/{n:06d}", "json": {"id": n}}
                sample["png" if n % 7 == 0 else "jpg"] = PICTURES[n]
                if LABELS[n] is not None:
                    sample["cls"] = LABELS[n]
                writer.write(sample)
        tars = sorted(f"{ROOT}/wds/{name}" for name in os.listdir(f"{ROOT}/wds") if name.startswith(split))
        read = webdataset.WebDataset(tars, shardshuffle=False, empty_check=False)
        found[split] = [[sha(one.get("jpg") or one["png"]), int(one["cls"]) if "cls" in one else None] for one in read]
    return found


def sha(data):
    return hashlib.sha256(data).hexdigest()[:32]


os.makedirs(f"{ROOT}/hf")
os.makedirs(f"{ROOT}/wds")
print(json.dumps({"hf": hugging_face(), "wds": web_dataset()}))
