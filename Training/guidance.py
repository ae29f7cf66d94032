"""Distil a pipeline that is painted with a low guidance into one that is painted as Stable Diffusion is, with 7.5.

    python guidance.py --start teacher/pipeline --pool pool --vae vae/model --tokenizer TOK --out student \
                       --muon --workers 2 --batch 64 --tokens 24 --total-images 92000

A caption says almost all about an emoji scene, so a model trained on them predicts far apart with and without it, and
burns out at the guidance that real models need. The student keeps the teacher's prediction without a caption, u, and
learns u + (LOW / HIGH) (c - u) with one, where c is the teacher's: guided by HIGH it gives what the teacher gives at
LOW, and it grows vague below and burns above, as real models do. What counts is the guided sum, in which errors that
both halves share cancel, and others are multiplied by 7; without a small term on the half without caption that half
could drift.

All else is train.py's: options, schedule, checkpoints, resuming. loss.tsv has two losses: of the guided sum, and of
the half without caption.
"""
import copy
import functools

import torch

from networks import GUIDANCE
from train import parser, work
from workers import launch


def guided(unconditional, conditional, scale):
    return unconditional + scale * (conditional - unconditional)


def distillation(a, net, empty):
    """train.py's objective for a student that starts as its teacher, the network at --start."""
    teacher = copy.deepcopy(net).requires_grad_(False).eval()

    def halves(net, predict, z, t, ids):
        ids = torch.cat([empty.expand_as(ids), ids])
        h = net['text'](input_ids=ids).last_hidden_state
        return predict(torch.cat([z, z]), torch.cat([t, t]), encoder_hidden_states=h).sample.float().chunk(2)

    def terms(predict, z, noise, t, ids):
        with torch.no_grad():
            u, c = halves(teacher, teacher['unet'], z, t, ids)
        su, sc = halves(net, predict, z, t, ids)
        return [(guided(su, sc, GUIDANCE) - guided(u, c, a.low)).pow(2), a.keep * (su - u).pow(2)]

    return terms


if __name__ == '__main__':
    ap = parser(__doc__)
    ap.add_argument('--low', type=float, default=1.75, help="the teacher's guidance")
    ap.add_argument('--keep', type=float, default=1., help='weight of the half without caption')
    launch(functools.partial(work, objective=distillation), ap.parse_args())
