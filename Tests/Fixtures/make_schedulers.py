"""Makes Tests/Fixtures/schedulers/: what diffusers' schedulers do with a model of one line.

Needs: pip install torch==2.13 diffusers==0.42.1 transformers scipy
Run from the root of the repository: python Tests/Fixtures/make_schedulers.py
"""

import inspect
import json
import sys
import warnings
from pathlib import Path

import numpy
import torch
from diffusers import (DDIMScheduler, DPMSolverMultistepScheduler, DPMSolverSinglestepScheduler,
                       EulerAncestralDiscreteScheduler, EulerDiscreteScheduler, HeunDiscreteScheduler, LCMScheduler,
                       LMSDiscreteScheduler, PNDMScheduler, StableDiffusionPipeline, TCDScheduler,
                       UniPCMultistepScheduler)

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.manual_seed(7)

OUT = Path("Tests/Fixtures/schedulers")
CLASSES = {
    "pndm": PNDMScheduler, "ddim": DDIMScheduler, "lms": LMSDiscreteScheduler, "euler": EulerDiscreteScheduler,
    "euler-a": EulerAncestralDiscreteScheduler, "heun": HeunDiscreteScheduler, "dpm++-2m": DPMSolverMultistepScheduler,
    "unipc": UniPCMultistepScheduler, "lcm": LCMScheduler, "tcd": TCDScheduler,
}
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
V1_4 = SD | {
    "_class_name": "PNDMScheduler", "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True,
    "trained_betas": None, "clip_sample": False,
}
# stabilityai/stable-diffusion-2-1 and sd-turbo, and SimianLuo/LCM_Dreamshaper_v7.
V2_1 = V1_4 | {"_class_name": "DDIMScheduler", "prediction_type": "v_prediction"}
TURBO = V1_4 | {
    "_class_name": "EulerDiscreteScheduler", "prediction_type": "epsilon", "timestep_spacing": "trailing",
    "interpolation_type": "linear", "sample_max_value": 1.0, "use_karras_sigmas": False, "sigma_min": None,
    "sigma_max": None, "timestep_type": "discrete",
}
LCM = SD | {
    "_class_name": "LCMScheduler", "clip_sample": False, "clip_sample_range": 1.0, "original_inference_steps": 50,
    "prediction_type": "epsilon", "set_alpha_to_one": True, "steps_offset": 0, "thresholding": False,
    "timestep_scaling": 10.0, "timestep_spacing": "leading", "rescale_betas_zero_snr": False,
}
# As diffusers writes it: in JSON there is no infinity, but in Python's there is.
DPM = SD | {
    "_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "sde-dpmsolver++", "solver_type": "heun",
    "solver_order": 2, "use_karras_sigmas": True, "lambda_min_clipped": -float("inf"), "variance_type": None,
    "lower_order_final": True, "euler_at_final": False, "final_sigmas_type": "zero", "use_flow_sigmas": False,
}
SHAPE = (2, 1, 2, 2)  # two pictures, for dynamic thresholding
ORIGINAL = torch.randn(SHAPE)
NOISE = torch.randn((60, *SHAPE))  # [0] is the first sample's, the others are those of DDIM's steps
NOISE[0] *= 8  # large enough to be clipped


def numbers(tensor):
    """The shortest decimals that give the same float32 again."""
    return [float(str(value)) for value in numpy.asarray(tensor, dtype=numpy.float32).ravel()]


def model(sample, timestep):
    """diffusers' dummy_model."""
    timestep = timestep.to(torch.float32)
    return sample * timestep / (timestep + 1)


def takes_eta(scheduler):
    return "eta" in inspect.signature(scheduler.step).parameters


def run(scheduler, steps, start=0, eta=0.0):
    """The loop of StableDiffusionPipeline, or from `start` on that of its image-to-image sister; `draws` are the steps
    that take noise."""
    index, draws = 0, []

    def noise(*_, **__):
        draws.append(index + 1)
        return NOISE[index + 1]

    sys.modules[type(scheduler).__module__].randn_tensor = noise
    scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps[start:]
    sample = NOISE[0] * scheduler.init_noise_sigma
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(start)  # also 0: of a first timestep that comes twice, diffusers takes the second
    if start > 0:
        sample = scheduler.add_noise(ORIGINAL, NOISE[0], timesteps[:1])
    trajectory = [numbers(sample)]
    for index, timestep in enumerate(timesteps):
        output = model(scheduler.scale_model_input(sample, timestep), timestep)
        extra = {"eta": eta} if takes_eta(scheduler) else {}
        sample = scheduler.step(output, timestep, sample, **extra).prev_sample
        trajectory.append(numbers(sample))
    return {
        "steps": steps, "start": start, "eta": eta, "timesteps": numbers(scheduler.timesteps),
        "sigmas": numbers(scheduler.sigmas) if hasattr(scheduler, "sigmas") else [],
        "initNoiseSigma": numbers(torch.as_tensor(scheduler.init_noise_sigma))[0], "draws": draws,
        "trajectory": trajectory,
    }


def trajectories():
    cases = []

    def add(kind, steps, start=0, eta=0.0, **changes):
        # What the class has no setting for is in the files of others too.
        known = inspect.signature(CLASSES[kind]).parameters
        file = SD | {key: value for key, value in changes.items() if key in known}
        for count in steps:
            case = run(CLASSES[kind](**file), count, start, eta)
            cases.append({"kind": kind, "file": json.dumps(file)} | case)

    few = [1, 2, 3, 10, 20]
    for spacing in ["leading", "trailing", "linspace"]:
        for prediction in ["epsilon", "v_prediction"]:
            both = {"timestep_spacing": spacing, "prediction_type": prediction}
            add("pndm", few, skip_prk_steps=True, **both)
            add("pndm", [4, 5, 10, 20], skip_prk_steps=False, **both)
        for prediction in ["epsilon", "v_prediction", "sample"]:
            both = {"timestep_spacing": spacing, "prediction_type": prediction}
            add("ddim", few, clip_sample=False, **both)
            add("lms", few, **both)
        add("lms", [1, 2, 10], timestep_spacing=spacing, use_karras_sigmas=True)
        add("lms", [1, 2, 10], timestep_spacing=spacing, use_exponential_sigmas=True)
    add("pndm", [50], skip_prk_steps=True)
    add("ddim", [50], clip_sample=False, set_alpha_to_one=False)
    add("lms", [50])

    trained = torch.linspace(0.001, 0.4, 20).tolist()
    for kind in CLASSES:
        eta = 0.3 if kind == "tcd" else 0.0
        for schedule in ["linear", "squaredcos_cap_v2"]:
            add(kind, [10], eta=eta, beta_schedule=schedule)
        add(kind, [10], eta=eta, trained_betas=trained, num_train_timesteps=20, original_inference_steps=20)
        if kind != "pndm":  # Runge-Kutta steps cannot start in the middle
            add(kind, [10], eta=eta, start=6)
    add("pndm", [10], skip_prk_steps=True, start=6)
    add("pndm", [10], skip_prk_steps=True, set_alpha_to_one=True)
    add("ddim", [10], clip_sample=True)
    add("ddim", [10], clip_sample=True, clip_sample_range=0.4)
    add("ddim", [10], thresholding=True, sample_max_value=1.5, dynamic_thresholding_ratio=0.7)
    add("ddim", [10], set_alpha_to_one=False, clip_sample=False, steps_offset=0)
    for count in [1, 10]:
        add("ddim", [count], rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="trailing")
    for eta in [0.3, 1.0]:
        for prediction in ["epsilon", "v_prediction"]:
            add("ddim", [10], eta=eta, clip_sample=False, prediction_type=prediction)
    sigma_methods(add)
    solvers(add)
    consistency_methods(add)
    return {"original": numbers(ORIGINAL), "noise": [numbers(row) for row in NOISE], "cases": cases}


def sigma_methods(add):
    """Euler's, with and without noise, and Heun's."""
    for spacing in ["leading", "trailing", "linspace"]:
        for kind in ["euler", "euler-a", "heun"]:
            add(kind, [1, 2, 10], timestep_spacing=spacing)
            add(kind, [10], timestep_spacing=spacing, prediction_type="v_prediction")
        for kind in ["euler", "heun"]:
            for sigmas in ["karras", "exponential", "beta"]:
                add(kind, [1, 5], timestep_spacing=spacing, **{f"use_{sigmas}_sigmas": True})
            add(kind, [5], timestep_spacing=spacing, prediction_type="sample")
    for kind in ["euler", "euler-a"]:
        add(kind, [5], rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="trailing")
    add("euler", [5], final_sigmas_type="sigma_min")
    add("euler", [5], final_sigmas_type="sigma_min", timestep_spacing="trailing")
    add("heun", [5], clip_sample=True, clip_sample_range=0.4)
    add("lms", [1, 2, 10], use_beta_sigmas=True)
    add("euler", [40], use_beta_sigmas=True)


def solvers(add):
    """DPM++ and UniPC in their orders and kinds."""
    for spacing in ["leading", "trailing", "linspace"]:
        for prediction in ["epsilon", "v_prediction", "sample"]:
            both = {"timestep_spacing": spacing, "prediction_type": prediction}
            add("dpm++-2m", [10], **both)
            add("unipc", [10], **both)
        for kind in ["dpm++-2m", "unipc"]:
            add(kind, [1, 2, 3, 20], timestep_spacing=spacing)
            add(kind, [5], timestep_spacing=spacing, use_karras_sigmas=True)
    for kind in ["dpm++-2m", "unipc"]:
        for sigmas in ["karras", "exponential", "beta"]:
            add(kind, [1, 2, 20], **{f"use_{sigmas}_sigmas": True})
        add(kind, [10], beta_schedule="squaredcos_cap_v2", use_karras_sigmas=True)
        add(kind, [5, 16], final_sigmas_type="sigma_min")
        add(kind, [10], thresholding=True, sample_max_value=1.5, dynamic_thresholding_ratio=0.7)
        add(kind, [5], rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="trailing")
        add(kind, [16], start=9, solver_order=3)
    for order in [1, 2, 3]:
        for algorithm in ["dpmsolver++", "sde-dpmsolver++"]:
            for solver in ["midpoint", "heun"]:
                settings = {"solver_order": order, "algorithm_type": algorithm, "solver_type": solver}
                add("dpm++-2m", [5, 16], **settings)
                add("dpm++-2m", [16], use_karras_sigmas=True, **settings)
        add("unipc", [5, 16], solver_order=order)
        add("unipc", [16], solver_order=order, use_karras_sigmas=True)
        # Where a step ends without noise, diffusers multiplies BH1's infinity with 0.
        add("unipc", [5, 16], solver_order=order, solver_type="bh1", final_sigmas_type="sigma_min")
    add("dpm++-2m", [5], algorithm_type="deis", solver_type="bh2", final_sigmas_type="sigma_min")
    add("dpm++-2m", [5, 16], lower_order_final=False, final_sigmas_type="sigma_min")
    add("dpm++-2m", [16], euler_at_final=True, final_sigmas_type="sigma_min")
    add("unipc", [5], lower_order_final=False, final_sigmas_type="sigma_min")
    add("unipc", [5], solver_type="midpoint")


def consistency_methods(add):
    """LCM and TCD."""
    for prediction in ["epsilon", "v_prediction", "sample"]:
        add("lcm", [1, 2, 4, 7], prediction_type=prediction)
        for eta in [0.0, 0.3, 1.0]:
            add("tcd", [1, 4, 7], eta=eta, prediction_type=prediction)
    for kind, eta in [("lcm", 0.0), ("tcd", 0.3)]:
        add(kind, [50], eta=eta)
        add(kind, [3], eta=eta, original_inference_steps=40)
        add(kind, [3], eta=eta, rescale_betas_zero_snr=True, prediction_type="v_prediction")
    add("lcm", [4], timestep_scaling=1.0)
    add("lcm", [4], clip_sample=True, clip_sample_range=0.4)
    add("lcm", [4], thresholding=True, sample_max_value=1.5, dynamic_thresholding_ratio=0.7)


def from_config():
    """What the scheduler of a loaded pipeline, and one put in its place, do with files of several kinds and ages."""
    cases = []
    files = [
        V1_4,
        {"_class_name": "PNDMScheduler"},
        {"_class_name": "PNDMScheduler", "steps_offset": 0, "clip_sample": True, "timestep_spacing": "trailing"},
        {"_class_name": "DDIMScheduler"} | SD,
        {"_class_name": "DDIMScheduler", "clip_sample": True, "steps_offset": 0, "prediction_type": "v_prediction"},
        {"_class_name": "LMSDiscreteScheduler", "beta_schedule": "scaled_linear"},
        {"_class_name": "LMSDiscreteScheduler", "timestep_spacing": "leading", "skip_prk_steps": True},
        V2_1,
        V2_1 | {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True},
        TURBO,
        LCM,
        DPM,
        {"_class_name": "EulerAncestralDiscreteScheduler"} | SD,
        {"_class_name": "HeunDiscreteScheduler", "use_exponential_sigmas": True},
        {"_class_name": "UniPCMultistepScheduler", "lower_order_final": True, "solver_order": 3} | SD,
        {"_class_name": "TCDScheduler"},
        {"_class_name": "DPMSolverSinglestepScheduler", "algorithm_type": "dpmsolver++"} | SD,  # which is not ours
    ]
    for file in files:
        own = next((kind for kind in CLASSES if CLASSES[kind].__name__ == file["_class_name"]), None)
        pipeline = StableDiffusionPipeline(
            vae=None, text_encoder=None, tokenizer=None, unet=None, safety_checker=None, feature_extractor=None,
            scheduler=CLASSES.get(own, DPMSolverSinglestepScheduler).from_config(file), requires_safety_checker=False)
        for kind in CLASSES:
            if kind == own:
                scheduler = pipeline.scheduler
            else:
                scheduler = CLASSES[kind].from_config(pipeline.scheduler.config)
            eta = 0.3 if kind == "tcd" else 0.0  # of its step, not the 0 of the pipeline's call
            cases.append({"kind": kind, "own": kind == own, "file": json.dumps(file)} | run(scheduler, 5, eta=eta))
    return {"original": numbers(ORIGINAL), "noise": [numbers(row) for row in NOISE], "cases": cases}


def alphas():
    """alphas_cumprod at every `every`th timestep."""
    cases = []

    def add(every, **file):
        values = DDIMScheduler(**file).alphas_cumprod[::every]
        cases.append({"file": json.dumps(file), "every": every, "values": numbers(values)})

    add(1, **SD)
    add(9, **SD, rescale_betas_zero_snr=True)
    add(9, beta_schedule="linear")
    add(9, beta_schedule="linear", num_train_timesteps=1100)
    add(3, beta_schedule="scaled_linear", num_train_timesteps=77)
    add(1, beta_schedule="scaled_linear", num_train_timesteps=1)
    add(1, trained_betas=[0.1, 0.2, 0.5], num_train_timesteps=3)
    add(9, beta_schedule="squaredcos_cap_v2")
    return cases


def timestep_sums():
    """Per spacing, for 1 to 1000 steps, the sum of (i + 1) * timestep i of DDIM."""
    sums = {}
    for spacing in ["leading", "trailing", "linspace"]:
        scheduler = DDIMScheduler(timestep_spacing=spacing)
        sums[spacing] = []
        for count in range(1, 1001):
            scheduler.set_timesteps(count)
            # For some counts "trailing" has one timestep too many, which is -1.
            timesteps = scheduler.timesteps[:count]
            sums[spacing].append(int((timesteps * torch.arange(1, count + 1)).sum()))
    return sums


def write(name, value):
    (OUT / name).write_text(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")


OUT.mkdir(parents=True, exist_ok=True)
write("trajectories.json", trajectories())
write("from_config.json", from_config())
write("alphas.json", alphas())
write("timestep_sums.json", timestep_sums())
