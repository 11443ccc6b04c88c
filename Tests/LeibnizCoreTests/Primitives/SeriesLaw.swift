import Testing

@testable import LeibnizCore

/// Taylor mode to order 6 against nested first derivatives, forward and reverse in turns, in float64.
///
/// With f = y + y²/2 for the case's result y and φ(t) = ⟨w, f(x + t·v)⟩: dᵏφ/dtᵏ = k!·⟨w, f_k⟩.
struct SeriesLaw {
    private static let order = 6
    private let label: String
    private let nested: [Tensor]
    private let series: [Tensor]

    init(_ name: String, _ trial: PrimitiveCase, _ number: Int) {
        label = "\(name), case \(number) of \(trial.operands.map(\.extents))"
        let blocks = trial.blocks(seed: number + 1)
        let (all, places) = (trial.tensors(blocks, .float64), trial.differentiable)
        var numbers = Numbers(79)
        let x = places.map { all[$0] }
        let v = places.map { place in
            Block(blocks[place].extents, numbers.directions(blocks[place].numbers.count)).tensor(.float64)
        }
        func f(_ changed: [Tensor]) -> Tensor {
            var operands = all
            for (place, tensor) in zip(places, changed) { operands[place] = tensor }
            let y = trial.body(operands)
            // Bent, so that what is linear has higher derivatives too.
            return y + 0.5 * y * y
        }
        let extents = f(x).type.shape.extents
        let w = Block(extents, numbers.directions(extents.reduce(1, *))).tensor(.float64)
        var (phi, derivatives): ((Tensor) -> Tensor, [Tensor]) = (
            { t in sum(w * f(zip(x, v).map { $0 + t * $1 })) }, []
        )
        let origin = Tensor(0, .float64)
        for order in 0...Self.order {
            derivatives.append(phi(origin))
            let lower = phi
            phi =
                order == 1
                ? gradient(of: lower) : { pushforward(lower, at: $0, along: $0.filled(1)).tangent }
        }
        nested = derivatives
        series = taylor(of: f, at: x, along: v, order: Self.order).derivatives.map { sum(w * $0) }
    }

    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        if let error = (nested + series).lazy.compactMap(\.error).first {
            Issue.record("\(label): \(error)", sourceLocation: sourceLocation)
            return
        }
        let values = try Engine.chosen.values(of: nested + series).map { $0[0] }
        let (expected, found) = (Array(values[...Self.order]), Array(values[(Self.order + 1)...]))
        if let difference = firstDifference(found, expected, tolerance: 1e-9) {
            Issue.record("\(label): \(difference), all \(found) for \(expected)", sourceLocation: sourceLocation)
        }
    }
}
