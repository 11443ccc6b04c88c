import LeibnizCore

/// The article's network for images of 32 × 32 pixels, after LeNet-5 (LeCun et al. 1998): 61,706 parameters.
public struct ConvNet: Module {
    let conv1 = Conv2D(1, 6, kernelSize: 5)
    let conv2 = Conv2D(6, 16, kernelSize: 5)
    let pool = MaxPool2D(2)
    let fc1 = Linear(16 * 5 * 5, 120), fc2 = Linear(120, 84), fc3 = Linear(84, 10)

    /// A network with fresh parameters.
    public init() {}

    /// Images [N, 1, 32, 32] → logits [N, 10].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        var x = pool(relu(conv1(x)))
        x = pool(relu(conv2(x))).flattened(from: 1)
        x = relu(fc1(x))
        x = relu(fc2(x))
        return fc3(x)
    }
}
