import LeibnizKernels

/// The transpose of `convolution`: the adjoint of the linear map that convolution by a weight is, as a layer that enlarges.
///
/// y[n, o, i·stride + k·dilation − padding, …] = Σ over all i, k… and c of x[n, c, i…] · w[c, o, k…]
///
/// - Parameters:
///   - x: [N, C, spatial…].
///   - weight: [C, O / groups, kernel…].
///   - stride: elements of the output between neighbours of the input; one number per spatial axis, or one for all, as below.
///   - padding: elements left out at both ends of the output.
///   - outputPadding: further elements at the end of the output, fewer than the stride or the dilation.
///   - dilation: elements between neighbouring elements of a kernel.
///   - groups: how many independent parts channels fall into.
/// - Returns: [N, O, (extent − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1, …].
public func transposedConvolution(
    _ x: Tensor, _ weight: Tensor, stride: [Int] = [1], padding: [Int] = [0], outputPadding: [Int] = [0],
    dilation: [Int] = [1], groups: Int = 1
) -> Tensor {
    if let invalid = [x, weight].first(where: \.isInvalid) { return invalid }
    let (shape, kernel) = (x.type.shape, weight.type.shape)
    func refuse(_ reason: String, _ hint: String? = nil) -> Tensor {
        let error = TensorError("transposedConvolution", [shape, kernel], reason, hint: hint)
        return Tensor(invalid: error.located(among: [weight, x]))
    }
    let spatial = shape.rank - 2
    guard spatial >= 0, kernel.rank == shape.rank else {
        return refuse(
            "the input must be [N, C, spatial…] and the weight [C, O/groups, kernel…] of one rank",
            shape.rank == kernel.rank - 1 ? "expanded(at: 0) makes a batch of one" : nil)
    }
    guard groups > 0, kernel[0] % groups == 0, shape[1] == kernel[0] else {
        return refuse("the input has \(shape[1]) channels, the weight takes \(kernel[0]) in \(groups) groups")
    }
    func all(_ numbers: [Int]) -> [Int]? {
        numbers.count == spatial ? numbers : numbers.count == 1 ? Array(repeating: numbers[0], count: spatial) : nil
    }
    guard let stride = all(stride), let padding = all(padding), let outputPadding = all(outputPadding),
        let dilation = all(dilation)
    else { return refuse("stride, padding, outputPadding and dilation need one number or \(spatial)") }
    let places = 0..<spatial
    guard
        places.allSatisfy({
            stride[$0] > 0 && dilation[$0] > 0 && padding[$0] >= 0 && outputPadding[$0] >= 0
                && outputPadding[$0] < Swift.max(stride[$0], dilation[$0]) && shape[2 + $0] > 0
        })
    else {
        return refuse(
            "stride \(stride) and dilation \(dilation) are positive, padding \(padding) is not negative, and outputPadding \(outputPadding) is less than stride or dilation"
        )
    }
    // Everything that some element reaches; the ends are cut afterwards.
    let reached = places.map { (shape[2 + $0] - 1) * stride[$0] + dilation[$0] * (kernel[2 + $0] - 1) + 1 }
    let type = Promotion.common(x.elementType, weak: false, weight.elementType, weak: false)
    let image = Tensor.zeros(Shape([shape[0], kernel[1] * groups] + reached), type)
    let adjoint = pullback({ convolution($0, weight, stride: stride, dilation: dilation, groups: groups) }, at: image)
    var y = adjoint.pullback(x.cast(to: type))
    for axis in places where padding[axis] > 0 || outputPadding[axis] > 0 {
        let count = reached[axis] - 2 * padding[axis] + outputPadding[axis]
        guard count >= 0 else { return refuse("padding \(padding) leaves nothing of \(reached)") }
        y = y.padded(axis: 2 + axis, before: 0, after: Swift.max(0, outputPadding[axis] - padding[axis]))
            .sliced(axis: 2 + axis, start: padding[axis], count: count)
    }
    return y
}
