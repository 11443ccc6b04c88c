import LeibnizKernels

/// e^x/Σ eˣ along an axis: positive numbers that add up to 1.
public func softmax(_ x: Tensor, axis: Int = -1) -> Tensor {
    let x = x.cast(to: Promotion.real(x.elementType))
    let powers = exp(x - finitePeak(x, [axis]))
    let shares = powers / sum(powers, axes: [axis], keepingAxes: true)
    if shares.isInvalid { return shares }
    return Tensor(Shares(axis: axis < 0 ? axis + shares.type.shape.rank : axis), [shares, x])
}

/// The value of a softmax: operand 0, as a function of operand 1.
///
/// Its derivative needs nothing but the value y: ẏ = y·(ẋ − Σ y·ẋ), which is its own adjoint (Bridle 1990). That of the quotient
/// would keep the powers and their sum as well.
struct Shares: IdentityPrimitive {
    /// The axis along which values add up to 1.
    let axis: Int
    var name: String { "softmax" }

    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }

    func pushforward(_ tangents: [Tensor?], operands: [Tensor], result: Tensor) -> Tensor? {
        tangents[1].map { moved($0, result) }
    }

    func pullback(_ cotangent: Tensor, operands: [Tensor], result: Tensor, wanted: [Bool]) -> [Tensor?] {
        [nil, wanted[1] ? moved(cotangent, result) : nil]
    }

    private func moved(_ x: Tensor, _ y: Tensor) -> Tensor {
        y * (x - sum(y * x, axes: [axis], keepingAxes: true))
    }

    func batched(_ operands: BatchedOperands) -> Tensor { Tensor(Shares(axis: axis + 1), operands.all) }

    /// Series go through the quotient, whose terms are not each other's derivatives.
    func coefficient(_ k: Int, _ series: SeriesOperands) -> Tensor? { series.x(0, k) }

    func latex(_ operands: [String]) -> String { operands[0] }
}
