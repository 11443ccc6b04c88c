import Testing

@testable import LeibnizCore

/// `vmap` of a case against a loop: whichever operands differ within the batch, wherever their axis stands.
struct BatchLaw {
    private static let count = 3
    private var results: [(label: String, batch: Tensor, loop: [Tensor], axis: Int)] = []

    init(_ name: String, _ trial: PrimitiveCase, _ number: Int) {
        let type = trial.types.contains(.float64) ? ElementType.float64 : trial.types[0]
        let elements = (0..<Self.count).map { trial.tensors(trial.blocks(seed: 10 * number + $0 + 1), type) }
        let places = Array(trial.operands.indices)
        if places.isEmpty { return }
        // All of them, then each one by itself.
        let choices = places.count == 1 ? [places] : [places] + places.map { [$0] }
        for (variant, chosen) in choices.enumerated() {
            func axis(_ rank: Int) -> Int { (number + variant) % (rank + 1) }
            let axes = places.map { chosen.contains($0) ? axis(trial.operands[$0].extents.count) : nil }
            let operands = places.map { place in
                axes[place].map { axis in stack(elements.map { $0[place] }, axis: axis) } ?? elements[0][place]
            }
            let loop = elements.map { element in
                trial.body(places.map { chosen.contains($0) ? element[$0] : elements[0][$0] })
            }
            let out = axis(loop[0].type.shape.rank)
            let batch = vmap({ [trial.body($0)] }, in: axes, out: [out])(operands)[0]
            results.append(
                (
                    "\(name), case \(number) of \(trial.operands.map(\.extents)), axes \(axes) to \(out)", batch, loop,
                    out
                ))
        }
    }

    /// Every deviation is an issue.
    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for (label, batch, loop, axis) in results {
            let expected = stack(loop, axis: axis)
            if let error = batch.error ?? expected.error {
                Issue.record("\(label): \(error)", sourceLocation: sourceLocation)
            } else if batch.type != expected.type {
                Issue.record("\(label): \(batch.type) instead of \(expected.type)", sourceLocation: sourceLocation)
            }
        }
        let tensors = results.flatMap { [$0.batch, stack($0.loop, axis: $0.axis)] }
        if tensors.contains(where: \.isInvalid) { return }
        for engine in Engine.all {
            let values = try engine.values(of: tensors)
            for (place, result) in results.enumerated() {
                let (found, expected) = (values[2 * place], values[2 * place + 1])
                let tolerance = result.batch.elementType == .float64 ? 1e-12 : 1e-6
                if let difference = firstDifference(found, expected, tolerance: tolerance) {
                    Issue.record("\(engine): \(result.label): \(difference)", sourceLocation: sourceLocation)
                }
            }
        }
    }
}
