#!/bin/sh
# Trains examples/models/chat.linear again, byte for byte, from the sets that prepare.py names.
#
#   examples/models/train.sh FOLDER [WINNOW=.build/release/winnow]
set -eu
cd "$(dirname "$0")/../.."
winnow=${2:-.build/release/winnow}
python3 examples/models/prepare.py "$1" | "$winnow" train - -o examples/models/chat.linear --eval \
  --labels harassment,hate,threats,sexual,self_harm,spam,injection --bits 18 \
  --description 'Example classifier for English chat: harassment, hate, threats, sexual content, self-harm, spam, prompt injection' \
  --source 'Davidson et al. 2017, hate speech and offensive language tweets' --license MIT \
  --source 'Surge AI toxicity dataset' --license MIT \
  --source 'Markov et al. 2023, OpenAI moderation evaluation set' --license MIT \
  --source 'Cercas Curry et al. 2021, ConvAbuse' --license 'CC BY 4.0' \
  --source 'Pavlopoulos et al. 2020, context toxicity (CAT LARGE)' --license Apache-2.0 \
  --source 'Almeida et al. 2011, SMS Spam Collection' --license 'CC BY 4.0' \
  --source 'deepset prompt-injections; CyberSecEval prompt injection; OpenAI guardrails demo data' --license 'Apache-2.0; MIT; MIT' \
  --source 'Kummerfeld et al. 2019, IRC disentanglement chat logs (taken as clean)' --license 'CC BY 4.0' \
  --note 'An example, not a product: threats, sexual content and self-harm rest on a few dozen to a few hundred texts that are not chat.' \
  --note 'English. Dialects are known to be scored too high (Davidson et al.). Do not act on it alone: use bands, a reasoner and people.'
