// One instruction a function: what Swift's SIMD types cannot name. Only the micro-kernels of an instruction set call these.
#pragma once
