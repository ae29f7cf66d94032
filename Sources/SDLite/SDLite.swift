import Quant
import Kernels
