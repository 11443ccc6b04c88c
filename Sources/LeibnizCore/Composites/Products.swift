import LeibnizKernels

/// The matrix product over the last two axes; leading axes broadcast. Vectors are rows on the left and columns on the right.
///
/// [m, k] · [k, n] → [m, n]; [b, m, k] · [k, n] → [b, m, n]; [k] · [k] → a scalar.
public func matmul(_ a: Tensor, _ b: Tensor) -> Tensor {
    if let invalid = [a, b].first(where: \.isInvalid) { return invalid }
    func refuse(_ reason: String, _ hint: String? = nil) -> Tensor {
        Tensor(
            invalid: TensorError("matmul", [a.type.shape, b.type.shape], reason, cannot: "contract", hint: hint)
                .located(among: [b, a]))
    }
    let (ranks, type) = (
        (a.type.shape.rank, b.type.shape.rank),
        Promotion.common(a.elementType, weak: a.node.isWeak, b.elementType, weak: b.node.isWeak)
    )
    guard ranks.0 > 0, ranks.1 > 0 else { return refuse("a scalar is no matrix", "use * for products with numbers") }
    let (left, right) = (ranks.0 == 1 ? a.expanded(at: 0) : a, ranks.1 == 1 ? b.expanded(at: 1) : b)
    let (x, y) = (left.type.shape, right.type.shape)
    guard x[-1] == y[-2] else {
        let second = ranks.1 < 3 ? "the first axis" : "axis \(ranks.1 - 2)"
        let hint: String? =
            if ranks.0 > 2, x.extents[1...].reduce(1, *) == y[-2] {
                "flattened(from: 1) before gives \(Shape([x.extents[0], y[-2]])) here"
            } else if x[-1] == y[-1] || x[-2] == y[-2] {
                "transposed() exchanges the last two axes"
            } else {
                nil
            }
        return refuse(
            "the last axis of the first operand (\(x[-1])) must equal \(second) of the second (\(y[-2]))", hint)
    }
    let leadingA = Shape(x.extents.dropLast(2)), leadingB = Shape(y.extents.dropLast(2))
    guard let leading = leadingA.broadcast(with: leadingB) else {
        return refuse("leading axes \(leadingA) and \(leadingB) do not broadcast")
    }
    // Labels: 0 rows, 1 columns, 2 summed, 3… the leading axes. Axes of extent 1 that broadcast are dropped instead.
    func prepared(_ tensor: Tensor) -> (tensor: Tensor, labels: [Int]) {
        let own = tensor.type.shape.extents.dropLast(2)
        let offset = leading.rank - own.count
        let kept = own.indices.filter { own[$0] == leading.extents[$0 + offset] }
        let shape = Shape(kept.map { own[$0] } + tensor.type.shape.extents.suffix(2))
        return (tensor.cast(to: type).reshaped(to: shape), kept.map { 3 + $0 + offset })
    }
    let (p, q) = (prepared(left), prepared(right))
    let output = (0..<leading.rank).map { 3 + $0 } + [0, 1]
    let product = Tensor(
        Contraction(left: p.labels + [0, 2], right: q.labels + [2, 1], output: output), [p.tensor, q.tensor])
    if product.isInvalid { return product }
    var shape = product.type.shape.extents
    if ranks.1 == 1 { shape.removeLast() }
    if ranks.0 == 1 { shape.remove(at: shape.count - (ranks.1 == 1 ? 1 : 2)) }
    return product.reshaped(to: Shape(shape))
}

/// The Einstein sum of two tensors: `einsum("bij,bjk->bik", a, b)`. Letters that the result lacks are summed over.
public func einsum(_ formula: String, _ a: Tensor, _ b: Tensor) -> Tensor {
    if let invalid = [a, b].first(where: \.isInvalid) { return invalid }
    func refuse(_ reason: String) -> Tensor {
        Tensor(
            invalid: TensorError("einsum", [a.type.shape, b.type.shape], reason, hint: "write it like \"ij,jk->ik\"")
                .located(among: [a, b]))
    }
    let sides = formula.filter { $0 != " " }.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, sides[0].hasSuffix("-") else { return refuse("\"\(formula)\" lacks ->") }
    let operands = sides[0].dropLast().split(separator: ",", omittingEmptySubsequences: false).map { Array($0) }
    let output = Array(sides[1])
    guard operands.count == 2, operands[0].count == a.type.shape.rank, operands[1].count == b.type.shape.rank else {
        return refuse("\"\(formula)\" does not name the axes of both operands")
    }
    guard Set(output).count == output.count, Set(output).isSubset(of: operands[0] + operands[1]) else {
        return refuse("the letters of the result must be different and occur in an operand")
    }
    for letters in operands where Set(letters).count != letters.count {
        return refuse("a letter occurs twice in one operand; take the diagonal first")
    }
    let type = Promotion.common(a.elementType, weak: a.node.isWeak, b.elementType, weak: b.node.isWeak)
    // What only one operand has and the result lacks is summed beforehand.
    func prepared(_ x: Tensor, _ letters: [Character], _ other: [Character]) -> (Tensor, [Character]) {
        let lonely = letters.indices.filter { !other.contains(letters[$0]) && !output.contains(letters[$0]) }
        return (
            lonely.isEmpty ? x.cast(to: type) : sum(x.cast(to: type), axes: lonely),
            letters.indices.filter { !lonely.contains($0) }.map { letters[$0] }
        )
    }
    let (x, left) = prepared(a, operands[0], operands[1])
    let (y, right) = prepared(b, operands[1], operands[0])
    func labels(_ letters: [Character]) -> [Int] { letters.map { Int($0.unicodeScalars.first?.value ?? 0) } }
    return Tensor(Contraction(left: labels(left), right: labels(right), output: labels(output)), [x, y])
}

/// The convolution (cross-correlation, as in every deep-learning library) of images or signals with kernels.
///
/// y[n, o, p…] = Σ_{c, k…} x[n, c, p·stride + k·dilation − padding, …] · w[o, c, k…]
///
/// - Parameters:
///   - x: [N, C, spatial…].
///   - weight: [O, C / groups, kernel…].
///   - stride, padding, dilation: one number per spatial axis, or one for all.
///   - groups: how many independent parts channels fall into.
/// - Returns: [N, O, spatial…].
public func convolution(
    _ x: Tensor, _ weight: Tensor, stride: [Int] = [1], padding: [Int] = [0], dilation: [Int] = [1], groups: Int = 1
) -> Tensor {
    if let invalid = [x, weight].first(where: \.isInvalid) { return invalid }
    let (shape, kernel) = (x.type.shape, weight.type.shape)
    func refuse(_ reason: String, _ hint: String? = nil) -> Tensor {
        Tensor(invalid: TensorError("convolution", [shape, kernel], reason, hint: hint).located(among: [weight, x]))
    }
    let spatial = shape.rank - 2
    guard spatial >= 0, kernel.rank == shape.rank else {
        return refuse(
            "the input must be [N, C, spatial…] and the weight [O, C/groups, kernel…] of one rank",
            shape.rank == kernel.rank - 1 ? "expanded(at: 0) makes a batch of one" : nil)
    }
    guard groups > 0, kernel[0] % groups == 0, shape[1] == kernel[1] * groups else {
        return refuse("the input has \(shape[1]) channels, the weight takes \(kernel[1] * groups)")
    }
    func all(_ numbers: [Int]) -> [Int]? {
        numbers.count == spatial ? numbers : numbers.count == 1 ? Array(repeating: numbers[0], count: spatial) : nil
    }
    guard let stride = all(stride), let padding = all(padding), let dilation = all(dilation) else {
        return refuse("stride, padding and dilation need one number or \(spatial)")
    }
    var windows = x
    if padding.contains(where: { $0 != 0 }) { windows = windows.padded(padding.map { ($0, $0) }) }
    for axis in 0..<spatial {
        windows = windows.windows(
            axis: 2 + axis, size: kernel[2 + axis], stride: stride[axis], dilation: dilation[axis])
    }
    if windows.isInvalid { return windows }
    // Labels: 0 batch, 1 channel, 2 output channel, 3 group, then places and kernel offsets.
    let places = (0..<spatial).map { 4 + $0 }, offsets = (0..<spatial).map { 4 + spatial + $0 }
    let type = Promotion.common(x.elementType, weak: false, weight.elementType, weak: false)
    let (input, kernels) = (windows.cast(to: type), weight.cast(to: type))
    if groups == 1 {
        return Tensor(
            Contraction(left: [0, 1] + places + offsets, right: [2, 1] + offsets, output: [0, 2] + places),
            [input, kernels])
    }
    let extents = input.type.shape.extents
    let grouped = input.reshaped(to: Shape([extents[0], groups, extents[1] / groups] + extents[2...]))
    let filters = kernels.reshaped(to: Shape([groups, kernel[0] / groups] + kernel.extents[1...]))
    let product = Tensor(
        Contraction(left: [0, 3, 1] + places + offsets, right: [3, 2, 1] + offsets, output: [0, 3, 2] + places),
        [grouped, filters])
    return product.isInvalid ? product : product.flattened(from: 1, through: 2)
}
