import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct `Mutated checkpoints` {
    @Test func `mutated checkpoints end in what was saved or an error`() throws {
        let rounds = ProcessInfo.processInfo.environment["LEIBNIZ_FUZZ_ROUNDS"].flatMap(Int.init) ?? 1000
        let folder = try TemporaryFolder()
        let path = folder.path + "/c.safetensors"
        let model = Linear(3, 2)
        try Checkpoint.write(
            TrainingProgress(step: 5, numbers: ["a": 1]), model: model, optimizer: Adam(model), to: path)
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let saved = try bits(of: model)
        var random = TestRandom(state: 11)
        var kinds: [DataError.Kind?: Int] = [:]
        for round in 0..<rounds {
            var file = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<file.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: file.removeSubrange(place...)
                case 2: file.insert(contentsOf: noise(8, seed: random.next()), at: place)
                default: file.replaceSubrange(place..<min(file.count, place + 8), with: repeatElement(0xFF, count: 8))
                }
                if file.isEmpty { break }
            }
            try folder.write(file, as: "c.safetensors")
            do {
                let checkpoint = try Checkpoint(path: path)
                try checkpoint.restore(model: model)
                #expect(try bits(of: model) == saved, "round \(round)")
                kinds[nil, default: 0] += 1
            } catch let error as DataError {
                #expect(error.exitStatus == 65 && error.subject == path, "round \(round): \(error)")
                kinds[error.kind, default: 0] += 1
            }
        }
        for kind in [.malformed, .tooShort, .wrongHeader, .inconsistent] as [DataError.Kind] {
            #expect(kinds[kind, default: 0] > 0, "\(kinds)")
        }
    }
}
