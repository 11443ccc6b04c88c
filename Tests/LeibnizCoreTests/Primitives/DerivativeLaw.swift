import Testing

@testable import LeibnizCore

/// First and second derivatives of a case in float64: central differences, forward against reverse, each order of nesting.
///
/// With y the case's result and f = y + y²/2, directions v of the operands, weights w of the result, φ(x) = ⟨w, f(x)⟩, J the
/// Jacobian of f, H the Hessian of φ:
/// J·v against (f(x + h·v) − f(x − h·v))/2h, ⟨w, J·v⟩ against ⟨Jᵀ·w, v⟩, H·v against (∇φ(x + h·v) − ∇φ(x − h·v))/2h, and
/// ⟨v, H·v⟩ computed reverse over reverse, forward over reverse, reverse over forward and forward over forward.
struct DerivativeLaw {
    private static let step = 1e-5
    private let label: String
    private let trial: PrimitiveCase
    private let blocks: [Block]
    private let directions: [Block]

    init(_ name: String, _ trial: PrimitiveCase, _ number: Int) {
        label = "\(name), case \(number) of \(trial.operands.map(\.extents))"
        let blocks = trial.blocks(seed: number + 1)
        (self.trial, self.blocks) = (trial, blocks)
        var numbers = Numbers(77)
        directions = trial.differentiable.map { place in
            Block(blocks[place].extents, numbers.directions(blocks[place].numbers.count))
        }
    }

    /// The operands moved along the directions.
    private func moved(_ distance: Double) -> [Tensor] {
        var moved = blocks
        for (place, direction) in zip(trial.differentiable, directions) {
            moved[place].numbers = zip(moved[place].numbers, direction.numbers).map { $0 + distance * $1 }
        }
        return trial.tensors(moved, .float64)
    }

    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (places, here) = (trial.differentiable, moved(0))
        func function(_ all: [Tensor]) -> @Sendable ([Tensor]) -> Tensor {
            { [body = trial.body] changed in
                var operands = all
                for (place, tensor) in zip(places, changed) { operands[place] = tensor }
                let y = body(operands)
                // Bent, so that what is linear has a second derivative too.
                return y + 0.5 * y * y
            }
        }
        let (f, x) = (function(here), places.map { here[$0] })
        let v = directions.map { $0.tensor(.float64) }
        var numbers = Numbers(78)
        let extents = f(x).type.shape.extents
        let weights = Block(extents, numbers.directions(extents.reduce(1, *)))
        let w = weights.tensor(.float64)

        func total(_ a: [Tensor], _ b: [Tensor]) -> Tensor {
            zip(a, b).map { sum($0 * $1) }.reduce(Tensor(copying: [0.0], [])) { $0 + $1 }
        }
        func slopes(_ at: [Tensor], of f: @escaping ([Tensor]) -> Tensor) -> [Tensor] {
            valueWithGradients(at: at) { sum(w * f($0)) }.gradients
        }
        func reverse(_ at: [Tensor]) -> Tensor { total(slopes(at, of: f), v) }
        func forward(_ at: [Tensor]) -> Tensor { sum(w * pushforward(f, at: at, along: v).tangent) }

        let tangent = pushforward(f, at: x, along: v).tangent
        let gradients = slopes(x, of: f)
        let hessian = valueWithGradients(at: x, of: reverse).gradients
        let (up, down) = (moved(Self.step), moved(-Self.step))
        let (xUp, xDown) = (places.map { up[$0] }, places.map { down[$0] })
        let curvatures = [
            total(hessian, v), pushforward(reverse, at: x, along: v).tangent,
            total(valueWithGradients(at: x, of: forward).gradients, v), pushforward(forward, at: x, along: v).tangent,
        ]
        let asked =
            [tangent, function(up)(xUp), function(down)(xDown)] + gradients + slopes(xUp, of: function(up))
            + slopes(xDown, of: function(down)) + hessian + curvatures
        if let error = asked.lazy.compactMap(\.error).first {
            Issue.record("\(label): \(error)", sourceLocation: sourceLocation)
            return
        }

        for engine in Engine.all {
            func expect(_ what: String, _ found: [Double], _ expected: [Double], _ tolerance: Double) {
                if let difference = firstDifference(found, expected, tolerance: tolerance) {
                    Issue.record("\(engine): \(label): \(what): \(difference)", sourceLocation: sourceLocation)
                }
            }
            var values = try engine.values(of: asked)[...]
            func take(_ count: Int) -> [[Double]] {
                defer { values = values.dropFirst(count) }
                return Array(values.prefix(count))
            }
            func slope(_ up: [Double], _ down: [Double]) -> [Double] {
                zip(up, down).map { ($0 - $1) / (2 * Self.step) }
            }
            let first = take(3), count = places.count
            expect("first derivative", first[0], slope(first[1], first[2]), 1e-6)
            let gradient = take(count), above = take(count), below = take(count), second = take(count)
            let inner = zip(gradient, directions).reduce(0) { $0 + dot($1.0, $1.1.numbers) }
            expect("forward against reverse", [dot(weights.numbers, first[0])], [inner], 1e-10)
            for place in 0..<count {
                expect("second derivative", second[place], slope(above[place], below[place]), 1e-4)
            }
            let modes = take(4).map { $0[0] }
            for (name, mode) in zip(
                ["forward over reverse", "reverse over forward", "forward over forward"], modes.dropFirst())
            {
                expect(name, [mode], [modes[0]], 1e-10)
            }
        }
    }
}
