"""Measure a pipeline without any other network: is the right subject the nearest of all, is the background right, how
do held-out combinations fare, how far are the pictures from composed scenes (Fréchet distance of random features)?

    python evaluate.py --pipe ../models/emoji --cache sprites.pt --out evaluation --steps 20 [--subset core]
    python evaluate.py --pipe ../models/emoji --cache sprites.pt --out ceiling --steps scenes,decoded

Steps may be several (10,20,50). "scenes" and "decoded" measure composed scenes, and what the autoencoder makes of
them, instead: the most that any U-Net could reach. Prints and writes OUT/STEPS.json; OUT/STEPS.png shows pictures.
"""
import argparse
import json
import os
import random

import torch
from diffusers import DDIMScheduler, LMSDiscreteScheduler, PNDMScheduler, StableDiffusionPipeline

import held_out
from data import Emoji, sheet
from networks import GUIDANCE
from retrieval import Grounds, nearest_ride, nearest_subject, shrink
from subjects import COLOURS, SUBSETS

SCHEDULERS = dict(pndm=PNDMScheduler, ddim=DDIMScheduler, lms=LMSDiscreteScheduler)


def questions(data, subset, count):
    """Scenes with their answers: (kind, plan, subject or (rider, mount), ground)."""
    r = random.Random(5)
    grounds, rides = held_out.combinations(data.names)
    names = [n for n in data.names if subset is None or n in subset]
    chosen = [n for k in range(-(-count // len(names))) for n in r.sample(names, len(names))][:count]
    asked = []
    for n in chosen:
        g = r.choice(['', r.choice([c for c in COLOURS if (n, c) not in grounds]), 'white'])
        asked.append(('single', data.scene(n, g), n, g or 'white'))
    asked += [('held-out ground', data.scene(n, g), n, g) for n, g in grounds if n in names]
    asked += [('held-out ride', data.riding(*p), p, 'white') for p in rides if set(p) <= set(names)]
    hero = ('astronaut', 'horse')
    return asked + [('hero', data.riding(*hero, ground='on mars'), hero, 'on mars')] * 10


@torch.no_grad()
def paint(pipe, prompts, steps, guidance, batch=20):
    out = []
    for k in range(0, len(prompts), batch):
        part = prompts[k:k + batch]
        first = len(prompts) - 10                           # the last ten have the seeds 0 to 9
        seeds = [k + i - first if k + i >= first else 1000 + k + i for i in range(len(part))]
        x = pipe(part, height=128, width=128, num_inference_steps=steps, guidance_scale=guidance, output_type='np',
                 generator=[torch.Generator().manual_seed(s) for s in seeds]).images
        out.append(torch.from_numpy(x).permute(0, 3, 1, 2).float())
        print(f'{steps} steps: {k + len(part)} of {len(prompts)}', flush=True)
    return torch.cat(out)


@torch.no_grad()
def decoded(vae, x):
    x = x * 2 - 1
    y = torch.cat([vae.decode(vae.encode(q).latent_dist.mean).sample for q in x.split(12)]).clamp(-1, 1)
    psnr = -10 * ((x - y) / 2).pow(2).flatten(1).mean(1).clamp(min=1e-8).log10()
    return (y + 1) / 2, dict(mean=float(psnr.mean()), worst=float(psnr.min()))


@torch.no_grad()
def features(x):
    """Channel means and deviations of a fixed random convolutional network, [n,128]."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 32, 5, 2), torch.nn.ReLU(), torch.nn.Conv2d(32, 64, 3, 2),
                              torch.nn.ReLU(), torch.nn.Conv2d(64, 64, 3, 2), torch.nn.ReLU())
    for m in net[::2]:
        torch.nn.init.kaiming_normal_(m.weight, nonlinearity='relu')
        m.bias.zero_()
    y = torch.cat([net(q * 2 - 1).flatten(2) for q in x.split(100)])
    return torch.cat([y.mean(2), y.std(2)], 1).double()


def frechet(x, y):
    a, b = torch.cov(x.T), torch.cov(y.T)
    root = torch.linalg.eigvals(a @ b).real.clamp(min=0).sqrt().sum()
    return float((x.mean(0) - y.mean(0)).pow(2).sum() + a.trace() + b.trace() - 2 * root)


def measure(x, asked, judge, reference):
    """Shares of right answers by kind of question."""
    small = shrink(x)
    grounds, estimate = judge['ground'](small)
    kinds, result = [q[0] for q in asked], {}
    for kind in dict.fromkeys(kinds):
        which = [i for i, k in enumerate(kinds) if k == kind]
        nearest = judge['subject' if kind in ('single', 'held-out ground') else 'ride'](small[which], estimate[which])
        n, answers = len(which), [asked[i][2] for i in which]
        right = [near[0] == want for near, want in zip(nearest, answers)]
        ground = [grounds[i] == asked[i][3] for i in which]
        result[kind] = dict(pictures=n, top1=sum(right) / n, ground=sum(ground) / n,
                            top5=sum(want in near for near, want in zip(nearest, answers)) / n,
                            both=sum(map(bool.__and__, right, ground)) / n)
        if kind == 'single':
            result[kind]['frechet'] = frechet(features(x[which]), reference)
            result[kind]['wrong'] = [f'{want}: {near[0]}' for near, want in zip(nearest, answers) if near[0] != want]
    held = [result[k] for k in result if k.startswith('held-out')]
    right = sum(k['pictures'] * k['both' if 'ground' in name else 'top1']
                for name, k in result.items() if name.startswith('held-out'))
    if held:
        result['held-out'] = right / sum(k['pictures'] for k in held)
    return result


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--pipe', default='sd/pipeline')
    ap.add_argument('--cache', default='sprites.pt')
    ap.add_argument('--out', default='evaluation')
    ap.add_argument('--subset', default='all', choices=list(SUBSETS), help='the subjects to ask for')
    ap.add_argument('--steps', default='20')
    ap.add_argument('--scheduler', default='pndm', choices=list(SCHEDULERS))
    ap.add_argument('--guidance', type=float, default=GUIDANCE)
    ap.add_argument('--count', type=int, default=300, help='single-subject prompts')
    ap.add_argument('--device', default='cpu')
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    data = Emoji(a.cache, seed=9, mix='bundled')
    asked = questions(data, SUBSETS[a.subset], a.count)
    scenes = torch.cat([(data.compose([q[1] for q in asked[k:k + 50]]) + 1) / 2 for k in range(0, len(asked), 50)])
    other = Emoji(a.cache, seed=10, mix='bundled')
    more = [q[1] for q in questions(other, SUBSETS[a.subset], 1500) if q[0] == 'single']
    reference = features(torch.cat([(other.compose(more[k:k + 50]) + 1) / 2 for k in range(0, len(more), 50)]))
    judge = dict(ground=Grounds(data), subject=nearest_subject(data), ride=nearest_ride(data))
    pipe = StableDiffusionPipeline.from_pretrained(a.pipe, torch_dtype=torch.float32, safety_checker=None).to(a.device)
    pipe.scheduler = SCHEDULERS[a.scheduler].from_config(pipe.scheduler.config, clip_sample=False)
    pipe.set_progress_bar_config(disable=True)
    for steps in a.steps.split(','):
        facts = {}
        if steps == 'scenes':
            x = scenes
        elif steps == 'decoded':
            x, facts['psnr'] = decoded(pipe.vae, scenes)
        else:
            x = paint(pipe, [q[1][0] for q in asked], int(steps), a.guidance)
        facts.update(measure(x, asked, judge, reference))
        with open(f'{a.out}/{steps}.json', 'w') as f:
            json.dump(facts, f, indent=1)
        print(steps, json.dumps({k: {n: v for n, v in d.items() if n != 'wrong'} if isinstance(d, dict) else d
                                 for k, d in facts.items()}, indent=1), flush=True)
        shown = [*range(0, a.count, max(1, a.count // 44))][:44] + list(range(len(asked) - 10, len(asked)))
        sheet(x[shown] * 2 - 1, [asked[i][1][0] for i in shown], f'{a.out}/{steps}.png', columns=9)


if __name__ == '__main__':
    main()
