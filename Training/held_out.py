"""The 200 combinations that training never sees, though it sees all their parts: 150 subjects with backgrounds
(half of them with subjects of CORE), 50 riders with mounts."""
import random

from subjects import COLOURS, CORE, MOUNTS, PLACES, RIDERS

KEPT = {('astronaut', 'on mars'), ('horse', 'on mars')}        # the scene that the project's examples paint
BACKGROUNDS = [b for b in (*COLOURS, *PLACES) if b != 'white']      # white is also what an unnamed one is


def combinations(names):
    """Two sorted lists of pairs: (subject, background), (rider, mount)."""
    r = random.Random(20)
    core = [n for n in names if n in CORE]
    rest = [n for n in names if n not in CORE]
    grounds = [(s, b) for part in (core, rest)
               for s, b in zip(r.sample(part, 75), r.choices(BACKGROUNDS, k=75)) if (s, b) not in KEPT]
    rides = [(q, m) for q in RIDERS for m in MOUNTS if q in names and m in names and (q, m) != ('astronaut', 'horse')]
    return sorted(grounds), sorted(r.sample(rides, 50))
