"""Several single-threaded processes on one machine that average their parameters now and then (local SGD)."""
import os
import signal

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


class Averager:
    """Averages the parameters over the workers."""

    def __init__(self, params, workers):
        self.params, self.workers = params, workers

    @torch.no_grad()
    def __call__(self, losses, stop):
        """Returns the mean losses and whether any worker was told to stop."""
        flat = torch.cat([p.reshape(-1) for p in self.params] + [losses, torch.tensor([float(stop)])])
        dist.all_reduce(flat)
        flat /= self.workers
        at = 0
        for p in self.params:
            p.copy_(flat[at:at + p.numel()].view(p.shape))
            at += p.numel()
        return flat[at:-1], float(flat[-1]) > 0


def join(rank, workers):
    if workers > 1:
        torch.set_num_threads(1)
        dist.init_process_group('gloo', rank=rank, world_size=workers)


def launch(work, a):
    """Runs work(rank, a) in a.workers processes and passes a request to stop on to them."""
    if a.workers == 1:
        return work(0, a)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(a.port))
    children = mp.spawn(work, (a,), nprocs=a.workers, join=False)
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: [os.kill(p, signal.SIGTERM) for p in children.pids()])
    while not children.join():
        pass
