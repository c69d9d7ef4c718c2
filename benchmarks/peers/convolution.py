"""Convolution as three bilinear maps that are one another's derivatives.

PyTorch's own second derivative of a convolution goes through convolutions of unusual shapes (a kernel as large as the
image), which its CPU kernels run slowly. Writing the three maps as autograd functions keeps every derivative, of any
order, an ordinary 3 x 3 forward, data-gradient or weight-gradient call. It is a well-known remedy for gradient
penalties; a careful user of PyTorch would apply it to MAML too.
"""

import torch
import torch.nn.functional as F
from torch.autograd import Function

_STRIDE, _PADDING, _NO_OUTPUT_PADDING = [1, 1], [1, 1], [0, 0]


def _backward(output_gradient, inputs, weight, mask):
    return torch.ops.aten.convolution_backward(
        output_gradient, inputs, weight, None, _STRIDE, _PADDING, _STRIDE, False, _NO_OUTPUT_PADDING, 1, mask
    )


class _Convolve(Function):
    @staticmethod
    def forward(context, inputs, weight, bias):
        context.save_for_backward(inputs, weight)
        return F.conv2d(inputs, weight, bias, padding=1)

    @staticmethod
    def backward(context, gradient):
        inputs, weight = context.saved_tensors
        need_inputs, need_weight, need_bias = context.needs_input_grad
        return (
            _InputGradient.apply(gradient, weight, inputs) if need_inputs else None,
            _WeightGradient.apply(inputs, gradient, weight) if need_weight else None,
            gradient.sum((0, 2, 3)) if need_bias else None,
        )


class _InputGradient(Function):
    """`like` gives the shape of the result only."""

    @staticmethod
    def forward(context, gradient, weight, like):
        context.save_for_backward(gradient, weight)
        return _backward(gradient, like, weight, [True, False, False])[0]

    @staticmethod
    def backward(context, cotangent):
        gradient, weight = context.saved_tensors
        need_gradient, need_weight, _ = context.needs_input_grad
        return (
            _Convolve.apply(cotangent, weight, None) if need_gradient else None,
            _WeightGradient.apply(cotangent, gradient, weight) if need_weight else None,
            None,
        )


class _WeightGradient(Function):
    """`like` gives the shape of the result only."""

    @staticmethod
    def forward(context, inputs, gradient, like):
        context.save_for_backward(inputs, gradient)
        return _backward(gradient, inputs, like, [False, True, False])[1]

    @staticmethod
    def backward(context, cotangent):
        inputs, gradient = context.saved_tensors
        need_inputs, need_gradient, _ = context.needs_input_grad
        return (
            _InputGradient.apply(gradient, cotangent, inputs) if need_inputs else None,
            _Convolve.apply(inputs, cotangent, None) if need_gradient else None,
            None,
        )


def bilinear_convolve(inputs, weight, bias, padding):
    """conv2d for stride 1 and padding 1, with derivatives of any order by ordinary convolutions."""
    if padding != 1:
        raise ValueError(f"bilinear_convolve is written for padding 1, not {padding}")
    return _Convolve.apply(inputs, weight, bias)
