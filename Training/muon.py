"""Muon: momentum whose update of each matrix is replaced by the nearest orthogonal one (Jordan et al. 2024,
https://kellerjordan.github.io/posts/muon/); convolutions count as matrices of outputs by inputs times taps."""
import torch


def orthogonal(g, steps=5):
    """The orthogonal factor of a matrix, nearly, by Newton-Schulz iterations in bfloat16."""
    x = g.bfloat16()
    x = x / (x.norm() + 1e-7)
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    for _ in range(steps):
        a = x @ x.T
        x = torch.addmm(x, torch.addmm(a, a, a, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return (x if wide else x.T).float()


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions; updates have the size of Adam's (0.2 per element, Liu et al. 2025,
    arXiv 2502.16982), so that both share a learning rate."""

    def __init__(self, params, lr, momentum=.95):
        super().__init__(params, dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group['params']:
                buffer = self.state[p].setdefault('momentum', torch.zeros_like(p))
                buffer.lerp_(p.grad, 1 - group['momentum'])
                g = p.grad.lerp(buffer, group['momentum']).flatten(1)
                p.sub_(orthogonal(g).view(p.shape), alpha=.2 * max(g.shape) ** .5 * group['lr'])
