import Foundation
import Leibniz
import TestFiles
import Testing

/// Points of a noisy curve, in batches that follow from pass and place.
struct Points {
    static let count = 60
    let x = Tensor.normal([count, 3], seed: 1)
    let y: Tensor

    init() { y = tanh(matmul(x, Tensor.normal([3, 2], seed: 2))) + 0.1 * Tensor.normal([Self.count, 2], seed: 3) }

    func batches(size: Int = 16, threads: Int = 0, delay: Double = 0) throws -> ComputedBatches<[Tensor]> {
        let batches = try Batches(of: Self.count, size: size)
        return ComputedBatches(count: batches.count, threads: threads) { [x, y] epoch in
            let order = shuffledIndices(Self.count, seed: 5, epoch: epoch)
            return { number in
                let chosen = Tensor(Array(order[batches[number]]))
                if delay > 0 { Thread.sleep(forTimeInterval: delay) }
                return [x.gathered(chosen), y.gathered(chosen)]
            }
        }
    }

    /// A net with all that a checkpoint must hold beside weights: places of random streams, batch statistics.
    func model(seed: Int) -> some Layer {
        withSeed(seed) { Sequential(Linear(3, 8), BatchNorm1D(8), ReLU(), Dropout(0.2), Linear(8, 2)) }
    }

    func trainer<Model: Layer>(_ model: Model, check: FiniteCheck = .loss, clipping: Clipping? = nil)
        -> Trainer<Model, [Tensor]>
    {
        let trainer = Trainer(model, AdamW(model, learningRate: 0.01), clipping: clipping, check: check) {
            (model, batch: [Tensor]) in meanSquaredError(model(batch[0]), batch[1])
        }
        trainer.metrics = [
            TrainingMetric("rmse", finishing: { $0.squareRoot() }) { model, batch in
                meanSquaredError(model(batch[0]), batch[1])
            }
        ]
        return trainer
    }
}

/// A callback that does what a test wants.
final class Watcher: TrainingCallback {
    var steps: [TrainingState] = [], epochs: [TrainingState] = [], ends = 0
    var onStep: (TrainingState) throws -> TrainingDecision = { _ in .goOn }
    func didStep(_ state: TrainingState) throws -> TrainingDecision {
        steps.append(state)
        return try onStep(state)
    }
    func didFinishEpoch(_ state: TrainingState) -> TrainingDecision {
        epochs.append(state)
        return .goOn
    }
    func didEnd(_ state: TrainingState) { ends += 1 }
}

@Suite struct `A trainer` {
    private let points = Points()

    @Test func `does what a plain loop does, bit for bit`() throws {
        let (mine, plain) = (points.model(seed: 1), points.model(seed: 1))
        let trainer = points.trainer(mine, check: .none)
        trainer.schedule = OneCycleSchedule(peak: 0.05, steps: 12)
        let report = try trainer.fit(points.batches(threads: 2), epochs: 3)
        let optimizer = AdamW(plain, learningRate: 0.01)
        let step = compiled { (x: Tensor, y: Tensor) in
            let loss = meanSquaredError(plain(x), y)
            optimizer.update(minimizing: loss)
            return loss
        }
        var (number, means) = (0, [Double]())
        for epoch in 0..<3 {
            let pass = try points.batches().pass(LoaderPosition(epoch: epoch))
            var total = 0.0
            while let batch = try pass.next() {
                optimizer.follow(OneCycleSchedule(peak: 0.05, steps: 12), at: number)
                total += try step(batch[0], batch[1]).item() * Double(batch[0].shape[0])
                number += 1
            }
            means.append(total / Double(Points.count))
        }
        #expect(try bits(of: mine) == bits(of: plain))
        #expect(report.ending == .finished && report.steps == 12 && report.resumedAt == 0)
        #expect(report.epochs.map(\.loss) == means)
        #expect(report.epochs.map(\.number) == [1, 2, 3])
        #expect(report.times.steps.count == 11 && report.times.first > 0 && report.examplesPerSecond > 0)
        #expect(
            report.times.quantile(0) <= report.times.quantile(0.5)
                && report.times.quantile(0.5) <= report.times.quantile(1))
    }

    @Test func `tells callbacks where it stands`() throws {
        let trainer = points.trainer(points.model(seed: 1), check: .gradients)
        let watcher = Watcher()
        trainer.callbacks = [watcher]
        trainer.schedule = FunctionSchedule(initial: 1) { 1 / Double($0 + 1) }
        try trainer.fit(points.batches(), validation: points.batches(size: 7), epochs: 2)
        #expect(watcher.steps.map(\.step) == Array(1...8) && watcher.steps.map(\.batch) == [1, 2, 3, 4, 1, 2, 3, 4])
        #expect(watcher.steps.map(\.epoch) == [1, 1, 1, 1, 2, 2, 2, 2])
        #expect(watcher.steps.map(\.learningRate) == (1...8).map { 1 / Double($0) })
        #expect(watcher.steps.allSatisfy { $0.batchCount == 4 && $0.epochs == 2 && ($0.gradientNorm ?? 0) > 0 })
        #expect(watcher.steps.allSatisfy { $0.secondsLeft >= 0 } && watcher.steps.last?.secondsLeft == 0)
        #expect(watcher.epochs.count == 2 && watcher.ends == 1)
        let validation = try #require(watcher.epochs.last?.validation)
        #expect(Set(validation.keys) == ["loss", "rmse"])
        #expect(try #require(validation["rmse"]).isClose(to: #require(validation["loss"]).squareRoot()))
    }

    @Test func `measures means over examples, in inference mode`() throws {
        let model = points.model(seed: 1)
        let trainer = points.trainer(model)
        let whole = try inference { try meanSquaredError(model(points.x), points.y).item() }
        for size in [60, 16, 7] {
            let loss = try #require(try trainer.evaluate(points.batches(size: size))["loss"])
            #expect(loss.isClose(to: whole, within: 1e-6), "\(size)")
        }
        let error = try trainer.gather(
            points.batches(size: 7), into: RootMeanSquaredError(), { model, batch in model(batch[0]) }
        ) { metric, output, batch in try metric.add(output, batch[1]) }
        #expect(error.value.isClose(to: whole.squareRoot(), within: 1e-6))
        let before = try bits(of: model)
        let outputs = try trainer.predict(StoredBatches([[points.x, points.y]])) { model, batch in model(batch[0]) }
        let expected = try inference { try model(points.x).doubles() }
        try expectClose(try #require(outputs.first), expected, within: 1e-6)
        #expect(try bits(of: model) == before)
    }

    @Test func `clips gradients as optimizers do`() throws {
        for clipping in [Clipping.norm(0.01), .value(0.002)] {
            let (mine, plain) = (points.model(seed: 1), points.model(seed: 1))
            let trainer = Trainer(mine, SGD(mine, learningRate: 1), clipping: clipping) { (model, batch: [Tensor]) in
                meanSquaredError(model(batch[0]), batch[1])
            }
            try trainer.fit(StoredBatches([[points.x, points.y]]), epochs: 3)
            let base = SGD(plain, learningRate: 1)
            let optimizer: any Optimizer =
                switch clipping {
                case .norm(let limit): base.clippingGradients(norm: limit)
                case .value(let limit): base.clippingGradients(value: limit)
                }
            for _ in 0..<3 { try optimizer.minimize(meanSquaredError(plain(points.x), points.y)) }
            for (a, b) in zip(mine.parameters, plain.parameters) {
                try expectClose(a.value, b.value.doubles(), within: 1e-5)
            }
        }
    }

    @Test func `stops when time is up, when a callback says so, and when nothing gets better`() throws {
        let trainer = points.trainer(points.model(seed: 1))
        trainer.timeLimit = 1
        let start = ContinuousClock.now
        let limited = try trainer.fit(points.batches(delay: 0.05), epochs: 1000)
        #expect(limited.ending == .timeLimit && limited.steps >= 1 && ContinuousClock.now - start < .seconds(60))

        let watcher = Watcher()
        watcher.onStep = { $0.step == 6 ? .stop("enough") : .goOn }
        trainer.timeLimit = nil
        trainer.callbacks = [watcher]
        let stopped = try trainer.fit(points.batches(), epochs: 5)
        #expect(stopped.ending == .stopped("enough") && stopped.steps == 6 && watcher.steps.count == 6)

        let still = points.trainer(points.model(seed: 1))
        let stopping = EarlyStopping(patience: 2)
        still.callbacks = [stopping]
        still.schedule = ConstantSchedule(0)
        let early = try still.fit(points.batches(), validation: points.batches(), epochs: 50)
        // The first pass moves batch statistics, as those after it do; with a step size of 0 the loss settles.
        #expect(early.epochs.count < 50 && early.epochs.count == stopping.bestEpoch + 3)
        guard case .stopped(let reason) = early.ending else { return #expect(Bool(false), "\(early.ending)") }
        #expect(reason.contains("loss") && reason.contains("3 passes"))
        still.callbacks = [EarlyStopping("accuracy")]
        #expect(message { try still.fit(points.batches(), epochs: 1) }.contains("accuracy"))
    }

    @Test func `a source without batches is an error`() throws {
        let trainer = points.trainer(points.model(seed: 1))
        let text = message { try trainer.fit(StoredBatches([]), epochs: 1) }
        #expect(text.contains("nothing to learn from"))
        #expect(try trainer.evaluate(StoredBatches([]))["loss"]?.isNaN == true)
    }
}
