import LeibnizCore

/// One update, compiled once for each shape of a batch.
struct TrainingStep<Model: Module, Batch: TensorGroup>: Sendable {
    /// What a step tells.
    struct Outcome {
        /// The loss before the update.
        let loss: Double
        /// The length of the gradients, where it was asked for.
        let gradientNorm: Double?
        /// Whether all that had to be finite was.
        var isFinite: Bool { loss.isFinite && gradientNorm?.isFinite != false }
    }

    private let run: @Sendable (Batch) throws -> [Tensor]

    init(
        _ model: Model, _ optimizer: any Optimizer, clipping: Clipping?, check: FiniteCheck,
        _ loss: @escaping Trainer<Model, Batch>.Loss
    ) {
        let needsNorm = check == .gradients || clipping?.isOfNorm == true
        run = compiled { (batch: Batch) in
            let loss = loss(model, batch)
            guard needsNorm || clipping != nil else {
                Self.writing(check, [loss]) { optimizer.update(minimizing: loss) }
                return [loss]
            }
            let slopes = try gradients(of: loss, withRespectTo: optimizer.parameters.map(\.variable))
            let results = needsNorm ? [loss, GradientClipping.norm(of: slopes)] : [loss]
            Self.writing(check, results) { optimizer.update(with: clipping?.clipped(slopes) ?? slopes) }
            return results
        }
    }

    /// Runs `update`, whose writes take effect only if some scalars are finite.
    private static func writing(_ check: FiniteCheck, _ scalars: [Tensor], _ update: () -> Void) {
        guard check != .none, let first = scalars.first else { return update() }
        Variable.writing(where: scalars.dropFirst().reduce(isFinite(first)) { $0 & isFinite($1) }, update)
    }

    func callAsFunction(_ batch: Batch) throws -> Outcome {
        let results = try run(batch)
        return Outcome(loss: try results[0].item(), gradientNorm: try results.dropFirst().first?.item())
    }
}

extension Clipping {
    fileprivate var isOfNorm: Bool {
        if case .norm = self { true } else { false }
    }

    fileprivate func clipped(_ gradients: [Tensor]) -> [Tensor] {
        switch self {
        case .norm(let limit): GradientClipping.clipped(gradients, norm: limit)
        case .value(let limit): gradients.map { clamp($0, -limit, limit) }
        }
    }
}
