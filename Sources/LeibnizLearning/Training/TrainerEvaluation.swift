import LeibnizCore
import LeibnizData

extension Trainer {
    /// The loss and the metrics of the model in inference mode: means over all examples of a pass.
    ///
    /// - Returns: `loss` and each metric by name; NaN where there are no examples.
    public func evaluate(_ data: some BatchSource<Batch>) throws -> [String: Double] {
        let measure = measurement ?? compiledMeasurement
        measurement = measure
        var means = Array(repeating: RunningMean(), count: metrics.count + 1)
        let pass = try data.pass(LoaderPosition())
        while let batch = try pass.next() {
            let count = exampleCount(batch)
            for (place, value) in try inference({ try measure(batch) }).enumerated() {
                means[place].add(try value.item() * Double(count), count: count)
            }
        }
        var figures = ["loss": means[0].value]
        for (metric, mean) in zip(metrics, means.dropFirst()) { figures[metric.name] = metric.finish(mean.value) }
        return figures
    }

    private var compiledMeasurement: @Sendable (Batch) throws -> [Tensor] {
        compiled { [model, loss, metrics] (batch: Batch) in
            [loss(model, batch)] + metrics.map { $0.value(model, batch) }
        }
    }

    /// What the model makes of each batch of a pass, in inference mode and in order.
    ///
    /// ```swift
    /// let classes = try trainer.predict(batches) { model, batch in argMax(model(batch.scaled()), axis: -1) }
    /// ```
    /// - Parameter output: a tensor or a group of them. It is traced: see `compiled`.
    public func predict<Output: TensorGroup>(
        _ data: some BatchSource<Batch>, _ output: @escaping @Sendable (Model, Batch) -> Output
    ) throws -> [Output] {
        var outputs: [Output] = []
        try forEach(data, output) { result, _ in outputs.append(result) }
        return outputs
    }

    /// A metric of all batches of a pass, gathered one after the other in inference mode.
    ///
    /// ```swift
    /// let counts = try trainer.gather(
    ///     batches, into: ConfusionCounts(classCount: 10), { model, batch in model(batch.scaled()) }
    /// ) { counts, logits, batch in try counts.add(logits: logits, batch.labels) }
    /// ```
    /// - Parameters:
    ///   - metric: the empty metric.
    ///   - output: what it needs of the model. It is traced: see `compiled`.
    ///   - add: adds the output for a batch.
    public func gather<Gathered: Metric, Output: TensorGroup>(
        _ data: some BatchSource<Batch>, into metric: Gathered, _ output: @escaping @Sendable (Model, Batch) -> Output,
        _ add: (inout Gathered, Output, Batch) throws -> Void
    ) throws -> Gathered {
        var metric = metric
        try forEach(data, output) { result, batch in try add(&metric, result, batch) }
        return metric
    }

    private func forEach<Output: TensorGroup>(
        _ data: some BatchSource<Batch>, _ output: @escaping @Sendable (Model, Batch) -> Output,
        _ body: (Output, Batch) throws -> Void
    ) throws {
        let compute = compiled { [model] (batch: Batch) in output(model, batch) }
        let pass = try data.pass(LoaderPosition())
        while let batch = try pass.next() { try body(try inference { try compute(batch) }, batch) }
    }
}
