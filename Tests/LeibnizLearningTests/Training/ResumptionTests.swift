import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct `A resumed training` {
    private let points = Points()
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A training of 5 passes of 4 steps, stopped after so many steps.
    private func train(
        _ name: String, stopAt: Int? = nil, resumes: Bool = false, every: Int? = nil,
        configuration: [String: String] = ["seed": "1"]
    ) throws -> (report: TrainingReport, bits: [[UInt8]], best: Double, checkpoints: TrainingCheckpoints) {
        let model = points.model(seed: 1)
        let trainer = points.trainer(model)
        trainer.schedule = OneCycleSchedule(peak: 0.05, steps: 20)
        var checkpoints = try TrainingCheckpoints(folder.path + "/" + name)
        (checkpoints.everySteps, checkpoints.everySeconds, checkpoints.resumes) = (every, nil, resumes)
        (checkpoints.configuration, checkpoints.best) = (configuration, ("rmse", .lower))
        trainer.checkpoints = checkpoints
        let (watcher, stopping) = (Watcher(), EarlyStopping(patience: 100))
        watcher.onStep = { $0.step == stopAt ? .stop("test") : .goOn }
        trainer.callbacks = [stopping, watcher]
        let report = try trainer.fit(points.batches(threads: 1), validation: points.batches(size: 7), epochs: 5)
        return (report, try bits(of: model), stopping.best, checkpoints)
    }

    @Test(arguments: [1, 3, 4, 6, 8, 19, 20])
    func `ends as an undisturbed one, bit for bit`(_ step: Int) throws {
        let whole = try train("whole")
        let first = try train("run", stopAt: step)
        #expect(first.report.steps == step)
        let second = try train("run", resumes: true)
        #expect(second.report.resumedAt == step && second.report.steps == 20 && second.report.ending == .finished)
        #expect(second.bits == whole.bits && second.best == whole.best)
        #expect(second.report.epochs.map(\.loss) == whole.report.epochs.suffix(5 - step / 4).map(\.loss))
        let (a, b) = (
            try Checkpoint(path: whole.checkpoints.bestPath), try Checkpoint(path: second.checkpoints.bestPath)
        )
        #expect(
            a.progress.step == b.progress.step
                && a.progress.numbers["validation.rmse"] == b.progress.numbers["validation.rmse"])
    }

    @Test func `begins at the newest whole checkpoint, and tells what it passed over`() throws {
        let first = try train("run", stopAt: 7, every: 3)
        #expect(try first.checkpoints.folder.files().map(\.step) == [7, 6, 4])
        let newest = try #require(try first.checkpoints.folder.files().first).path
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: newest))
        let second = try train("run", resumes: true)
        #expect(second.report.resumedAt == 6 && second.report.notes.count == 1)
        #expect(try second.bits == train("whole").bits)
    }

    @Test func `is refused with other settings`() throws {
        _ = try train("run", stopAt: 7)
        let text = message { _ = try train("run", resumes: true, configuration: ["seed": "2", "width": "8"]) }
        #expect(text.contains("seed 1, width not set") && text.contains("seed 2, width 8"))
        // Without the wish to resume, training begins anew.
        #expect(try train("run").report.resumedAt == 0)
    }
}
