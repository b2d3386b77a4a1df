"""Takes the members of a wheel (a zip) that start with one of the given prefixes into a folder.

usage: unpack-wheel.py WHEEL FOLDER PREFIX...
"""

import sys
import zipfile

_, wheel, folder, *prefixes = sys.argv
with zipfile.ZipFile(wheel) as archive:
    members = [name for name in archive.namelist() if name.startswith(tuple(prefixes))]
    if not members:
        sys.exit(f"{wheel} holds nothing that starts with {' or '.join(prefixes)}")
    archive.extractall(folder, members)
