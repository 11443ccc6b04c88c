import LeibnizCore
import LeibnizData

extension Trainer {
    /// Trains for some passes over the data.
    ///
    /// - Parameters:
    ///   - data: where batches come from. Resumption is exact where they follow from their places.
    ///   - validation: what is measured after each pass; nothing by default.
    ///   - epochs: all passes, those before a resumption included.
    /// - Throws: `NonFiniteLoss` where the loss is no finite number any more; a `DataError` where there are no batches, or a checkpoint
    ///   cannot be read or written; what evaluation finds; what callbacks throw.
    @discardableResult
    public func fit(
        _ data: some BatchSource<Batch>, validation: (any BatchSource<Batch>)? = nil, epochs: Int
    ) throws -> TrainingReport {
        try Interruption.watched(stopsOnInterrupt) {
            var run = TrainingRun(self, epochs: epochs)
            try run.resume()
            try run.train(on: data, validation: validation)
            for callback in callbacks { try callback.didEnd(run.state) }
            return run.report
        }
    }
}

/// One call of `fit`: where it stands, and what it has found.
struct TrainingRun<Model: Module, Batch: TensorGroup> {
    private let trainer: Trainer<Model, Batch>
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    /// Where the next batch is.
    private var place = LoaderPosition()
    /// Losses of this pass, each with its examples.
    private var losses = RunningMean()
    /// The examples and the seconds of steps since `start`.
    private var (examples, seconds) = (0, 0.0)
    private var bestFigure: Double
    private var lastSave: ContinuousClock.Instant
    /// The number of the newest checkpoint's step.
    private var savedStep = -1
    private(set) var state = TrainingState()
    private(set) var report = TrainingReport()

    init(_ trainer: Trainer<Model, Batch>, epochs: Int) {
        (self.trainer, start, lastSave) = (trainer, clock.now, clock.now)
        bestFigure = (trainer.checkpoints?.best?.direction ?? .lower).worst
        state.epochs = epochs
    }

    private func elapsed(since moment: ContinuousClock.Instant) -> Double { (clock.now - moment) / .seconds(1) }

    // MARK: The loop

    mutating func train(on data: some BatchSource<Batch>, validation: (any BatchSource<Batch>)?) throws {
        var decision = TrainingDecision.goOn
        while decision == .goOn, place.epoch < state.epochs {
            let epochStart = clock.now
            let pass = try data.pass(place)
            guard pass.count > 0 else {
                throw DataError(
                    .argument, "there is nothing to learn from", in: "data", found: "a pass without batches",
                    expected: "at least one batch")
            }
            (state.epoch, state.batch, state.batchCount) = (place.epoch + 1, place.batch, pass.count)
            decision = try train(on: pass)
            if place.epoch >= state.epoch {
                decision = first(decision, try finishEpoch(validation, since: epochStart))
            }
        }
        if decision != .goOn, place.epoch >= state.epochs { report.ending = .finished }
        if savedStep != state.step { try save() }
    }

    /// Steps until the pass or the training ends.
    private mutating func train(on pass: LoaderPass<Batch>) throws -> TrainingDecision {
        while true {
            let waitStart = clock.now
            guard let batch = try pass.next() else { return .goOn }
            let waiting = elapsed(since: waitStart)
            if let schedule = trainer.schedule { trainer.optimizer.follow(schedule, at: state.step) }
            let stepStart = clock.now
            let outcome = try trainer.step(batch)
            let duration = elapsed(since: stepStart)
            guard outcome.isFinite else { throw try trainer.nonFiniteLoss(outcome, on: batch, at: state) }
            place = pass.position
            try note(outcome, batch, duration, waiting)
            var decision = TrainingDecision.goOn
            for callback in trainer.callbacks { decision = first(decision, try callback.didStep(state)) }
            note(decision)
            decision = first(decision, limit())
            let isLast = place.epoch >= state.epoch
            if !isLast, isDue { try save() }
            if decision != .goOn { return decision }
        }
    }

    private mutating func note(
        _ outcome: TrainingStep<Model, Batch>.Outcome, _ batch: Batch, _ duration: Double, _ waiting: Double
    ) throws {
        let count = trainer.exampleCount(batch)
        losses.add(outcome.loss * Double(count), count: count)
        report.times.add(step: duration, waiting: waiting)
        // The first step is mostly compilation.
        if report.times.steps.isEmpty {
            (examples, seconds) = (0, 0)
        } else {
            (examples, seconds) = (examples + count, seconds + duration + waiting)
        }
        state.step += 1
        state.batch += 1
        (state.loss, state.gradientNorm, state.meanLoss) = (outcome.loss, outcome.gradientNorm, losses.value)
        state.learningRate = try trainer.optimizer.learningRate.item()
        state.examplesPerSecond = seconds > 0 ? Double(examples) / seconds : Double(count) / (duration + waiting)
        state.secondsLeft = secondsLeft
        let trainer = trainer
        state.examine = { try trainer.curvatureAdvice(on: batch, iterations: $0) }
        (report.steps, report.loss, report.examplesPerSecond) = (state.step, state.meanLoss, state.examplesPerSecond)
    }

    private var secondsLeft: Double {
        let steps = (state.epochs - state.epoch) * state.batchCount + state.batchCount - state.batch
        let times = report.times
        let left = Double(steps) * (times.steps.isEmpty ? times.first : seconds / Double(times.steps.count))
        return trainer.timeLimit.map { min(left, max(0, $0 - elapsed(since: start))) } ?? left
    }

    private mutating func note(_ decision: TrainingDecision) {
        if case .stop(let reason) = decision, report.ending == .finished { report.ending = .stopped(reason) }
    }

    /// Whether the user or the clock ends training.
    private mutating func limit() -> TrainingDecision {
        if trainer.stopsOnInterrupt, Interruption.isAsked {
            report.ending = .interrupted
        } else if let limit = trainer.timeLimit, elapsed(since: start) >= limit {
            report.ending = .timeLimit
        } else {
            return .goOn
        }
        return .stop("")
    }

    /// Validates, and keeps what was found.
    private mutating func finishEpoch(
        _ validation: (any BatchSource<Batch>)?, since epochStart: ContinuousClock.Instant
    ) throws -> TrainingDecision {
        if let validation { state.validation = try trainer.evaluate(validation) }
        report.epochs.append(
            TrainingReport.Epoch(
                number: state.epoch, loss: losses.value, validation: state.validation, learningRate: state.learningRate,
                seconds: elapsed(since: epochStart)))
        var decision = TrainingDecision.goOn
        for callback in trainer.callbacks { decision = first(decision, try callback.didFinishEpoch(state)) }
        note(decision)
        losses = RunningMean()
        if let checkpoints = trainer.checkpoints {
            if let (name, direction) = checkpoints.best, let figure = state.figure(name),
                direction.isBetter(figure, than: bestFigure)
            {
                bestFigure = figure
                try write { try Checkpoint.write($0, model: $1, optimizer: $2, streams: $3, to: checkpoints.bestPath) }
            }
            try save()
        }
        return decision
    }

    // MARK: Checkpoints

    private var isDue: Bool {
        guard let checkpoints = trainer.checkpoints else { return false }
        return checkpoints.everySteps.map { $0 > 0 && state.step % $0 == 0 } ?? false
            || checkpoints.everySeconds.map { elapsed(since: lastSave) >= $0 } ?? false
    }

    private mutating func save() throws {
        guard let checkpoints = trainer.checkpoints else { return }
        try write { try checkpoints.folder.save($0, model: $1, optimizer: $2, streams: $3) }
        (lastSave, savedStep) = (clock.now, state.step)
    }

    private func write(
        _ body: (TrainingProgress, Model, any Optimizer, [String: Variable]) throws -> Void
    ) throws {
        var progress = TrainingProgress(
            step: state.step, epoch: place.epoch, loader: place,
            numbers: [
                "loss.sum": losses.sum, "loss.count": Double(losses.count), "best": bestFigure,
            ], configuration: trainer.checkpoints?.configuration ?? [:])
        for (name, value) in state.validation { progress.numbers["validation.\(name)"] = value }
        for (number, callback) in trainer.callbacks.enumerated() {
            for (name, value) in callback.memory { progress.numbers["callback.\(number).\(name)"] = value }
        }
        try body(progress, trainer.model, trainer.optimizer, trainer.checkpoints?.streams ?? [:])
    }

    /// Takes up the newest whole checkpoint, if that is wished and there is one.
    mutating func resume() throws {
        guard let checkpoints = trainer.checkpoints, checkpoints.resumes, let found = try checkpoints.folder.newest()
        else { return }
        let progress = found.checkpoint.progress
        try checkpoints.check(progress, in: found.checkpoint.path)
        try found.checkpoint.restore(
            model: trainer.model, optimizer: trainer.optimizer, streams: checkpoints.streams)
        place = progress.loader ?? LoaderPosition(epoch: progress.epoch)
        losses = RunningMean()
        losses.add(progress.numbers["loss.sum"] ?? 0, count: Int(progress.numbers["loss.count"] ?? 0))
        bestFigure = progress.numbers["best"] ?? bestFigure
        func numbers(_ prefix: String) -> [String: Double] {
            let own = progress.numbers.filter { $0.key.hasPrefix(prefix) }
            return Dictionary(own.map { (String($0.key.dropFirst(prefix.count)), $0.value) }) { first, _ in first }
        }
        state.validation = numbers("validation.")
        for (number, callback) in trainer.callbacks.enumerated() { callback.memory = numbers("callback.\(number).") }
        (state.step, savedStep) = (progress.step, progress.step)
        (report.steps, report.resumedAt, report.notes) = (progress.step, progress.step, found.notes)
    }
}

/// The first of two decisions that is one to stop, if there is one.
private func first(_ a: TrainingDecision, _ b: TrainingDecision) -> TrainingDecision { a == .goOn ? b : a }
