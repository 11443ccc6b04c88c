import LeibnizKernels

/// The shape and element type of a tensor.
public struct TensorType: Hashable, Sendable {
    /// The extents of its axes.
    public let shape: Shape
    /// The type of its elements.
    public let elementType: ElementType

    /// A type.
    public init(_ shape: Shape, _ elementType: ElementType) { (self.shape, self.elementType) = (shape, elementType) }
}

/// One operation on tensors with all that is known of it: shape, derivative, lowering, notation.
///
/// Every primitive is of one of three kinds (pointwise, linear, choosing) and gets both directions of differentiation, and its
/// Taylor series, from the one rule of its kind; see `PointwisePrimitive` and `LinearPrimitive`. Attributes are stored properties: two
/// primitives that are equal and have equal operands compute the same.
protocol Primitive: Hashable, Sendable {
    /// The operation's name in errors, dumps and plans.
    var name: String { get }

    /// The type of the result, or why there is none.
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType

    /// The directional derivative of the result: Σ over operands of ∂f/∂operand · tangent. `nil` stands for zero.
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor?

    /// What the operands' cotangents gain from the result's. `nil` stands for zero.
    ///
    /// - Parameter wanted: the operands whose cotangent will be used.
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?]

    /// The results for a whole batch of operands at once, the batch as first axis.
    ///
    /// - Parameter operands: those that differ within the batch, at least one, have it as their first axis.
    func batched(_ operands: BatchedOperands) -> Tensor

    /// Coefficient k ≥ 1 of the result's Taylor series, from the operands' up to k and the result's below k. `nil` stands for zero.
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor?

    /// The operation in mathematical notation, given its operands'.
    func latex(_ operands: [String]) -> String
}

extension Primitive {
    func latex(_ operands: [String]) -> String {
        "\\operatorname{\(name)}\\left(\(operands.joined(separator: ", "))\\right)"
    }

    /// Whether another is of the same kind with equal attributes.
    func isEqual(to other: any Primitive) -> Bool {
        // A cast out of an existential takes ten times as long, and a plan is found by a hundred comparisons.
        func isSame<Other: Primitive>(_ other: Other) -> Bool {
            Other.self == Self.self && unsafeBitCast(other, to: Self.self) == self
        }
        return isSame(other)
    }
}

/// y[i] = f(a[i], b[i], …): operands and result have one shape; numbers were broadcast before.
///
/// The rule is the list of partial derivatives. Pushforward: Σ ∂f/∂a·ȧ. Pullback: ∂f/∂a·ȳ. Taylor series: y′ = Σ ∂f/∂a·a′, order by
/// order. A batch is one more axis of all operands.
protocol PointwisePrimitive: Primitive {
    /// The result's element type for the operands'.
    func elementType(of operands: [ElementType]) throws(TensorError) -> ElementType

    /// The function on scalars.
    func lowered(_ operands: [Scalar]) -> Scalar

    /// ∂f/∂operand; `nil` where it is zero almost everywhere.
    func partial(_ operand: Int, operands: [Tensor], result: Tensor) -> Tensor?
}

extension PointwisePrimitive {
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType {
        let shape = operands[0].shape
        guard operands.allSatisfy({ $0.shape == shape }) else {
            throw TensorError(name, operands.map(\.shape), "pointwise operands must have one shape")
        }
        return TensorType(shape, try elementType(of: operands.map(\.elementType)))
    }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        var sum: Tensor?
        for (place, tangent) in tangents.enumerated() {
            guard let tangent, let partial = partial(place, operands: operands, result: result) else { continue }
            sum = Tensor.sum(sum, partial * tangent)
        }
        return sum
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        operands.indices.map { place in
            guard wanted[place] else { return nil }
            // A factor of 1 is left out, so that operands of a sum have the same cotangent, and not only equal ones.
            return partial(place, operands: operands, result: result).map {
                $0.uniformNumber == 1 && $0.type == cotangent.type ? cotangent : $0 * cotangent
            }
        }
    }

    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(self, operands.all) }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.fromDerivative(k) }
}

/// Linear in each differentiable operand separately: y = A·x.
///
/// The rule is the adjoint. Pushforward: A·ẋ, summed over operands. Pullback: Aᵀ·ȳ. Taylor series: y_k = A·x_k, and for products
/// y_k = Σ A(a_i, b_{k−i}).
protocol LinearPrimitive: Primitive {
    /// The operands in which the operation is linear; the others are integers or masks. All by default.
    var linearOperands: [Int]? { get }

    /// Aᵀ·ȳ for one operand, the others held.
    func adjoint(_ operand: Int, of cotangent: Tensor, operands: [Tensor]) -> Tensor
}

extension LinearPrimitive {
    var linearOperands: [Int]? { nil }

    /// The places in which the operation is linear.
    private func places(_ count: Int) -> [Int] { linearOperands ?? Array(0..<count) }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        var sum: Tensor?
        for place in places(operands.count) {
            guard let tangent = tangents[place] else { continue }
            var moved = operands
            moved[place] = tangent
            sum = Tensor.sum(sum, Tensor(self, moved))
        }
        return sum
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        let places = places(operands.count)
        return operands.indices.map { place in
            wanted[place] && places.contains(place) ? adjoint(place, of: cotangent, operands: operands) : nil
        }
    }

    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? {
        let moving = places(series.count).filter(series.isMoving)
        guard let first = moving.first else { return nil }
        guard moving.count > 1 else { return series.x(first, k).map { Tensor(self, series.values(with: [first: $0])) } }
        return (0...k).reduce(nil) { sum, i in
            guard let a = series.x(first, i), let b = series.x(moving[1], k - i) else { return sum }
            return Tensor.sum(sum, Tensor(self, series.values(with: [first: a, moving[1]: b])))
        }
    }
}

/// A linear primitive that only renames elements: result[i] = operand[source(i)], or zero.
///
/// Views are never copies: consumers read through them.
protocol ViewPrimitive: LinearPrimitive {
    /// Where the element of the result at `index` stands in the operand.
    ///
    /// - Returns: an index per axis of the operand, and the bounds outside which the result is zero.
    func source(_ index: [Affine], operand: Shape, space: LoopSpace) throws(LoopSpace.SplitRequest) -> (
        index: [Affine], bounds: [Bound]
    )
}

/// A primitive whose elements follow from their index (and perhaps from scalars): constants, counting, random numbers.
protocol GeneratorPrimitive: Primitive {
    /// The element at `index`; operands are scalars.
    func lowered(at index: [Affine], operands: [Scalar], builder: NestBuilder) -> Scalar
}

/// An operation without a derivative: its result is made of integers or truth values, or does not depend on its operands' values.
protocol ConstantPrimitive: Primitive {}

extension ConstantPrimitive {
    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? { nil }
    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        operands.map { _ in nil }
    }
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { nil }
}

extension ConstantPrimitive where Self: PointwisePrimitive {
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { nil }
}

/// A value that no operation made: memory, a placeholder, a variable's leaf. It never differs within a batch.
protocol LeafPrimitive: ConstantPrimitive {}

extension LeafPrimitive {
    func batched(_ operands: BatchedOperands) -> Tensor {
        Tensor(invalid: TensorError(name, [], "a leaf does not differ within a batch", kind: .trace))
    }
}
