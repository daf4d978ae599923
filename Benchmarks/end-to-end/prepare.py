#!/usr/bin/env python3
"""Makes a Winnow pipeline out of a phrase list and a rule list, the same that a Python pipeline would use.

usage: prepare.py PHRASES.txt RULES.tsv MODEL FOLDER

PHRASES: one a line. RULES: `i` or `-`, a tab, a PCRE2 pattern. MODEL: a linear model with a label `harassment`.
"""
import json, os, sys

phrases, rules, model, folder = sys.argv[1:5]
os.makedirs(folder, exist_ok=True)
with open(f"{folder}/rules.yaml", "w") as out:
    for number, line in enumerate(open(rules, encoding="utf-8")):
        flags, pattern = line.rstrip("\n").split("\t", 1)
        fields = {"id": f"r{number}", "pattern": pattern, "category": "harassment"}
        if flags == "i":
            fields["flags"] = "i"
        out.write("- " + json.dumps(fields, ensure_ascii=False) + "\n")
with open(f"{folder}/pipeline.yaml", "w") as out:
    out.write(f"""pipeline: end-to-end
input: {{id: id, text: text}}
categories: {{harassment: medium}}
stages:
  - id: rules
    type: prefilter
    category: harassment
    lexicons: [{os.path.abspath(phrases)}]
    rules: [rules.yaml]
  - id: linear
    type: classifier
    model: {os.path.abspath(model)}
    bands: {{harassment: {{allow_below: 0.5, block_above: 0.500001}}}}
""")
