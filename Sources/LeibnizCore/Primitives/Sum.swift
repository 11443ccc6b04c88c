import LeibnizKernels

/// The sum over `axes`, all by default: the integral against the counting measure.
///
/// - Parameters:
///   - axes: negative ones count from the last.
///   - keepingAxes: whether summed axes stay with extent 1; false by default.
public func sum(_ x: Tensor, axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let x = x.elementType == .bool || x.elementType == .uint8 ? x.cast(to: .int64) : x
    return Tensor.reduced(x, axes, keepingAxes, "sum") { Tensor(Reduce(operation: .sum, axes: $0), [x]) }
}

extension Tensor {
    /// Normalises axes, reduces, and puts the axes back if asked.
    static func reduced(
        _ x: Tensor, _ axes: [Int]?, _ keepingAxes: Bool, _ name: String, _ body: ([Int]) -> Tensor
    ) -> Tensor {
        if x.isInvalid { return x }
        do throws(TensorError) {
            let shape = x.type.shape
            let axes = try shape.normalized(axes ?? Array(0..<shape.rank), of: name).sorted()
            let result = body(axes)
            guard keepingAxes, !result.isInvalid else { return result }
            return result.reshaped(to: Shape(shape.extents.indices.map { axes.contains($0) ? 1 : shape.extents[$0] }))
        } catch {
            return Tensor(invalid: error.located(among: [x]))
        }
    }
}

/// A reduction over axes by sum, product, maximum or minimum.
///
/// The sum is linear with the broadcast as its adjoint. Maximum and minimum choose: the derivative goes to the first of equal
/// extremes (as in PyTorch's pooling), NaN winning. The product's derivative is the product of the others, also where some are 0.
struct Reduce: Primitive {
    let operation: ReductionOperation
    let axes: [Int]
    var name: String { operation.rawValue }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        let isChoosing = operation == .max || operation == .min
        if isChoosing, axes.contains(where: { operands[0].shape[$0] == 0 }) {
            throw TensorError(name, operands.map(\.shape), "nothing has no \(name)imum", kind: .value)
        }
        return TensorType(operands[0].shape.removing(axes), operands[0].elementType)
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        guard let tangent = tangents[0] else { return nil }
        switch operation {
        case .sum: return sum(tangent, axes: axes)
        case .product: return sum(tangent * productOfOthers(operands[0]), axes: axes)
        case .max, .min: return sum(which(chosen(in: operands[0]), tangent, tangent.filled(0)), axes: axes)
        case .argMax, .argMin: return nil
        }
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let x = operands[0]
        let spread = cotangent.broadcast(to: x.type.shape, inserting: axes)
        switch operation {
        case .sum: return [spread]
        case .product: return [spread * productOfOthers(x)]
        case .max, .min: return [which(chosen(in: x), spread, spread.filled(0))]
        case .argMax, .argMin: return [nil]
        }
    }

    /// Whether each element is the chosen one of its region.
    private func chosen(in x: Tensor) -> Tensor {
        let shape = x.type.shape
        let region = axes.reduce(1) { $0 * shape[$1] }
        // The choice is kept as a small integer where that can number the region.
        let small: ElementType = region <= 256 ? .uint8 : .int64
        let choice = Tensor(ArgReduce(operation: operation == .max ? .argMax : .argMin, axes: axes), [x]).cast(
            to: small)
        var (number, stride) = (Tensor.full(shape, 0, .int64), 1)
        for axis in axes.reversed() {
            number = number + Tensor.iota(shape, axis: axis) * Tensor(weak: Double(stride), .int64)
            stride *= shape[axis]
        }
        return number.cast(to: small) == choice.broadcast(to: shape, inserting: axes)
    }

    /// For each element the product of all others of its region: from the left times from the right.
    private func productOfOthers(_ x: Tensor) -> Tensor {
        let shape = x.type.shape
        let kept = (0..<shape.rank).filter { !axes.contains($0) }
        let order = kept + axes
        let region = axes.reduce(1) { $0 * shape[$1] }
        let rows = Reduce.rows(x, axes)
        let last = kept.count
        func before(_ x: Tensor) -> Tensor {
            let shifted = x.sliced(axis: last, start: 0, count: Swift.max(region - 1, 0))
            let ones = Tensor.full(x.type.shape.replacing(last, with: Swift.min(region, 1)), 1, x.elementType)
            return Tensor(Prefix(operation: .product, axis: last), [concatenate([ones, shifted], axis: last)])
        }
        let others = before(rows) * before(rows.flipped([last])).flipped([last])
        return others.reshaped(to: Shape(order.map { shape[$0] })).transposed(Transpose(order: order).inverse)
    }

    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(Reduce(operation: operation, axes: axes.map { $0 + 1 }), operands.tensors)
    }

    /// Sums are linear, and so are extremes once they are chosen. A product has its series by a tree of products of two.
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        guard operation == .product else { return series.fromPushforward(k) }
        return series.rewritten(k) { [axes] operands in
            let shape = operands[0].type.shape.removing(axes)
            var rows = Reduce.rows(operands[0], axes)
            let last = rows.type.shape.rank - 1
            if rows.type.shape[last] == 0 { return .full(shape, 1, rows.elementType) }
            while rows.type.shape[last] > 1 {
                let half = rows.type.shape[last] / 2
                let product =
                    rows.sliced(axis: last, start: 0, count: half) * rows.sliced(axis: last, start: half, count: half)
                let odd = rows.sliced(axis: last, start: 2 * half, count: rows.type.shape[last] - 2 * half)
                rows = odd.type.shape[last] == 0 ? product : concatenate([product, odd], axis: last)
            }
            return rows.reshaped(to: shape)
        }
    }

    /// The elements of each region along a last axis.
    private static func rows(_ x: Tensor, _ axes: [Int]) -> Tensor {
        let shape = x.type.shape
        let kept = (0..<shape.rank).filter { !axes.contains($0) }
        return x.transposed(kept + axes)
            .reshaped(to: Shape(kept.map { shape[$0] } + [axes.reduce(1) { $0 * shape[$1] }]))
    }

    func latex(_ operands: [String]) -> String {
        switch operation {
        case .sum: "\\sum \(operands[0])"
        case .product: "\\prod \(operands[0])"
        default: "\\\(name) \(operands[0])"
        }
    }
}
