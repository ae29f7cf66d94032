"""Which sprite, and which background, is nearest to a picture? The judge knows nothing of the prompt."""
import torch
import torch.nn.functional as F

from data import Emoji
from sprites import S
from subjects import COLOURS, PLACES

R, FRAME, SHIFTS = 64, 3, (-2, -1, 0, 1, 2)     # compared at 64x64, up to 4 pixels of the 128 away
GROUNDS = [*COLOURS, *PLACES]


def shrink(x):
    return F.avg_pool2d(x, S // R)


def nominal_grounds(data):
    """Every background [25,3,64,64] without variation."""
    numbers = []
    for g in GROUNDS:
        *colours, horizon, _ = PLACES.get(g) or (*[COLOURS[g]] * 4, 1., 0)
        numbers.append((*[[v / 255 for v in c] for c in colours], horizon, 0))
    return shrink(data.grounds(numbers))


class Grounds:
    """The background whose outermost pixels are nearest."""

    def __init__(self, data):
        self.pictures = nominal_grounds(data)
        self.frame = torch.ones(R, R, dtype=torch.bool)
        self.frame[FRAME:-FRAME, FRAME:-FRAME] = False

    def __call__(self, x):
        """Names, and an estimate of the empty backgrounds, of pictures [n,3,64,64]."""
        edge, known = x[..., self.frame], self.pictures[..., self.frame]
        nearest = (edge[:, None] - known).pow(2).mean((2, 3)).argmin(1)
        names = [GROUNDS[i] for i in nearest]
        estimate = self.pictures[nearest].clone()
        plain = torch.tensor([n in COLOURS for n in names])
        estimate[plain] = edge[plain].median(2).values[..., None, None].expand(-1, -1, R, R)
        return names, estimate


class Nearest:
    """The nearest of many premultiplied sprites [N,4,64,64], wherever it lies within SHIFTS."""

    def __init__(self, sprites, labels):
        self.labels, self.distinct = labels, sorted(set(labels))
        where = {l: i for i, l in enumerate(self.distinct)}
        self.group = torch.tensor([where[l] for l in labels])
        a, s = sprites[:, 3:], sprites[:, :3]
        self.a, self.s, self.aa, self.as_ = (t.flatten(1) for t in (a, s, a * a, a * s))
        self.ss = self.s.pow(2).sum(1)

    def __call__(self, x, ground):
        """Distinct labels in the order of their distance |x - (ground (1 - a) + s)|^2, best first, per picture."""
        best = torch.full((len(x), len(self.distinct)), torch.inf)
        pad = lambda t: F.pad(t, [max(SHIFTS)] * 4, mode='replicate')
        dp, bp = pad(x - ground), pad(ground)
        dd = (x - ground).pow(2).sum((1, 2, 3))[:, None]
        for u in SHIFTS:
            for v in SHIFTS:
                y, z = max(SHIFTS) + u, max(SHIFTS) + v
                d, b = dp[..., y:y + R, z:z + R], bp[..., y:y + R, z:z + R]
                dist = dd + self.ss + 2 * ((d * b).sum(1).flatten(1) @ self.a.T - d.flatten(1) @ self.s.T
                                           - b.flatten(1) @ self.as_.T) + b.pow(2).sum(1).flatten(1) @ self.aa.T
                best.scatter_reduce_(1, self.group.expand(len(x), -1), dist, 'amin')
        return [[self.distinct[k] for k in row] for row in best.argsort(1)[:, :5].tolist()]


def nearest_subject(data):
    sprites = [(i, .5, .5, s, False, 0.) for i in range(len(data.names)) for s in (.68, .75, .82)]
    return Nearest(torch.cat([shrink(data.warp(sprites[k:k + 500])) for k in range(0, len(sprites), 500)]),
                   [data.names[s[0]] for s in sprites])


def nearest_ride(data):
    """Labels are (rider, mount)."""
    data.mix.jitter, variation = 0., data.rnd.uniform
    data.rnd.uniform = lambda lo, hi: (lo + hi) / 2         # the middle of every range
    pairs = [(q, m) for q in data.riders for m in data.mounts]
    both = [data.ride(q, m) for q, m in pairs]
    data.rnd.uniform = variation
    rider, mount = (torch.cat([shrink(data.warp([b[k] for b in both[j:j + 500]])) for j in range(0, len(both), 500)])
                    for k in (0, 1))
    return Nearest(mount + rider * (1 - mount[:, 3:]), [(data.names[q], data.names[m]) for q, m in pairs])
