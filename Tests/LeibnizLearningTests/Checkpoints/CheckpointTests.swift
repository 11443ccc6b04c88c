import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct `Checkpoints` {
    private let folder: TemporaryFolder
    private let x = Tensor.normal([32, 6], seed: 1)
    private let y = Tensor.normal([32, 2], seed: 2)

    init() throws { folder = try TemporaryFolder() }

    private func model(seed: Int) -> some Module & Layer {
        withSeed(seed) { Sequential(Linear(6, 8), ReLU(), Linear(8, 2)) }
    }

    static let optimizers: [(name: String, make: @Sendable (any Module) -> any Optimizer)] = [
        ("SGD", { SGD($0, learningRate: 0.05) }),
        ("SGD with momentum", { SGD($0, learningRate: 0.05, momentum: 0.9, dampening: 0.2) }),
        ("SGD after Nesterov", { SGD($0, learningRate: 0.05, momentum: 0.9, nesterov: true) }),
        ("Adam", { Adam($0, learningRate: 0.01, weightDecay: 0.1) }), ("AdamW", { AdamW($0, learningRate: 0.01) }),
    ]

    @Test(arguments: optimizers.indices)
    func `a resumed training equals an undisturbed one, bit for bit`(_ number: Int) throws {
        let make = Self.optimizers[number].make
        func train(_ model: some Layer, _ optimizer: any Optimizer, _ steps: Range<Int>) throws {
            for step in steps {
                optimizer.learningRate = Tensor(0.02 / Double(step + 1), .float64)
                try optimizer.minimize(meanSquaredError(model(x), y))
            }
        }
        let whole = model(seed: 1)
        let wholeOptimizer = make(whole)
        try train(whole, wholeOptimizer, 0..<9)

        let first = model(seed: 1)
        let firstOptimizer = make(first)
        try train(first, firstOptimizer, 0..<5)
        let path = folder.path + "/c.safetensors"
        try Checkpoint.write(TrainingProgress(step: 5), model: first, optimizer: firstOptimizer, to: path)

        let second = model(seed: 99)
        let secondOptimizer = make(second)
        let checkpoint = try Checkpoint(path: path)
        try checkpoint.restore(model: second, optimizer: secondOptimizer)
        #expect(try bits(of: second) == bits(of: first))
        #expect(try secondOptimizer.learningRate.item() == firstOptimizer.learningRate.item())
        try train(second, secondOptimizer, checkpoint.progress.step..<9)
        #expect(try bits(of: second) == bits(of: whole))
    }

    @Test func `progress and streams come back as they were`() throws {
        let progress = TrainingProgress(
            step: 12, epoch: 3, loader: LoaderPosition(epoch: 3, batch: 7),
            numbers: ["best": -0.1, "worst": .nan, "rate": .infinity],
            configuration: ["seed": "7", "data": "a \"b\"\n"])
        let position = Variable(Tensor(41))
        let path = folder.path + "/c.safetensors"
        try Checkpoint.write(progress, model: model(seed: 1), streams: ["dropout": position], to: path)
        position.value = Tensor(0)
        let checkpoint = try Checkpoint(path: path)
        let read = checkpoint.progress
        #expect(read.step == 12 && read.epoch == 3 && read.loader == progress.loader)
        #expect(
            read.numbers["best"] == -0.1 && read.numbers["worst"]?.isNaN == true && read.numbers["rate"] == .infinity)
        #expect(read.configuration == progress.configuration)
        try checkpoint.restore(model: model(seed: 2), streams: ["dropout": position])
        #expect(try position.value.item() == 41)
        let error = try #require(
            #expect(throws: StateError.self) { try checkpoint.restore(model: model(seed: 2)) })
        #expect(error.unexpected == ["dropout"])
        #expect(throws: StateError.self) {
            try checkpoint.restore(model: Linear(6, 2), streams: ["dropout": position])
        }
    }

    @Test func `the newest whole file is found, and damaged ones are named`() throws {
        let folder = try CheckpointFolder(folder.path + "/run", keep: 3)
        #expect(try folder.newest() == nil)
        let model = model(seed: 1)
        for step in [5, 10, 100, 15] { try folder.save(TrainingProgress(step: step), model: model) }
        #expect(try folder.files().map(\.step) == [100, 15, 10])
        for (place, file) in try folder.files().prefix(2).enumerated() {
            var bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
            if place == 0 { bytes[bytes.count - 3] ^= 1 } else { bytes.removeLast(5) }
            try bytes.write(to: URL(fileURLWithPath: file.path))
        }
        let found = try #require(try folder.newest())
        #expect(found.checkpoint.progress.step == 10)
        #expect(found.notes.count == 2)
        #expect(found.notes[0].contains("checkpoint-0000000100.safetensors") && found.notes[0].contains("checksum"))
    }

    @Test func `any single wrong byte is noticed`() throws {
        let path = folder.path + "/c.safetensors"
        try Checkpoint.write(TrainingProgress(step: 5), model: Linear(2, 2), to: path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in whole.indices {
            var damaged = whole
            damaged[place] ^= 4
            try damaged.write(to: URL(fileURLWithPath: path))
            do throws(DataError) {
                // Space at the header's end has no meaning; all else is under the checksum.
                let checkpoint = try Checkpoint(path: path)
                #expect(checkpoint.progress.step == 5 && whole[place] == 0x20, "byte \(place)")
            } catch {
                #expect(error.exitStatus == 65 && error.subject == path)
            }
        }
    }

    @Test func `a disk that is full leaves the old checkpoint`() throws {
        let run = folder.path + "/run"
        _ = try Program.probe("resume", run, "3") as Resumption
        let before = try CheckpointFolder(run).files().map(\.step)
        // No file may grow beyond 1 KiB: writing fails as on a full disk, in the middle of the file.
        let outcome = try Program(name: "LearningProbe").run(
            ["resume", run, "9"], launcher: ["/bin/bash", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash"])
        #expect(outcome.status == 1 && !outcome.hasCrashed)
        #expect(outcome.errors.contains("could not be written") && outcome.errors.contains("checkpoint-0000000004"))
        #expect(try CheckpointFolder(run).files().map(\.step) == before)
        let resumed: Resumption = try Program.probe("resume", run, "9")
        #expect(resumed.resumed_at == 3 && resumed.notes == 0)
    }

    @Test func `a training that is killed again and again ends as an undisturbed one`() throws {
        let kills = KilledProbe.count
        let steps = "\(60 * kills)"
        let whole: Resumption = try Program.probe("resume", folder.path + "/whole", steps)
        var random = TestRandom(state: 5)
        let run = folder.path + "/run"
        var places: Set<Int> = []
        for round in 0..<kills {
            // Every fifth at any moment, the others while checkpoints are written.
            try KilledProbe.run(
                ["resume", run, steps], in: run, after: round % 5 == 4 ? 0 : 1, .random(in: 0...0.2, using: &random))
            if let newest = try CheckpointFolder(run).newest() {
                places.insert(newest.checkpoint.progress.step)
                #expect(newest.notes.isEmpty)
            }
        }
        let resumed: Resumption = try Program.probe("resume", run, steps)
        #expect(resumed.parameters == whole.parameters)
        #expect(places.count > kills / 2 && resumed.resumed_at == places.max())
        let names = try FileManager.default.contentsOfDirectory(atPath: run)
        #expect(names.allSatisfy { $0.hasSuffix(".safetensors") }, "what was left behind is gone")
    }
}

/// What a resumed training of the probe tells; see `Tests/LearningProbe`.
private struct Resumption: Decodable {
    let resumed_at: Int, notes: Int
    let parameters: String
}
