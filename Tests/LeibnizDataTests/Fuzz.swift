import Foundation
import LeibnizData
import TestFiles
import Testing

/// Reads mutated files: every one must end in a value or a typed error, without memory out of proportion.
///
/// Rounds are few in the suite; `LEIBNIZ_FUZZ_ROUNDS` sets another number, as `scripts/fuzz` does.
enum Fuzz {
    static func rounds(_ usual: Int) -> Int {
        ProcessInfo.processInfo.environment["LEIBNIZ_FUZZ_ROUNDS"].flatMap(Int.init) ?? usual
    }

    /// How the rounds ended: nil for a value, else the error's kind.
    typealias Outcomes = [DataError.Kind?: Int]

    /// Mutates files of a corpus by turns and reads them.
    ///
    /// - Parameters:
    ///   - words: what mutations may put into files: numbers and keywords of the format.
    ///   - read: reads the file at a path; throws `DataError`s only.
    static func run(
        corpus: [[UInt8]], words: [[UInt8]] = [], rounds: Int, seed: UInt64 = 1, as name: String = "file",
        _ read: (String) throws -> Void
    ) throws -> Outcomes {
        let folder = try TemporaryFolder()
        var random = TestRandom(state: seed)
        var outcomes: Outcomes = [:]
        let before = peakMemory()
        for round in 0..<rounds {
            var file = corpus[round % corpus.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&file, words, &random) }
            let path = try folder.write(file, as: name)
            do {
                try read(path)
                outcomes[nil, default: 0] += 1
            } catch let error as DataError {
                #expect(error.subject.hasPrefix(path), "round \(round): \(error)")
                #expect(error.exitStatus == 65, "round \(round): \(error)")
                outcomes[error.kind, default: 0] += 1
            } catch {
                Issue.record("round \(round): \(error)")
            }
        }
        // Files of some kilobytes. Other tests run at the same time, so the bound is wide; sizes that files only claim are wider.
        #expect(peakMemory() - before < 4 << 30)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.allSatisfy { $0 == name }, "nothing but the file itself is in its folder")
        return outcomes
    }

    /// The most address space that this process ever had, where `/proc` tells; else 0.
    private static func peakMemory() -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 } ?? 0
    }

    /// One change: bits, bytes, numbers that are large in either order, cuts, insertions, repetitions, words of the format.
    private static func mutate(_ file: inout [UInt8], _ words: [[UInt8]], _ random: inout TestRandom) {
        let place = Int.random(in: 0...file.count, using: &random)
        // Headers decide most, so every second change falls there.
        let position = Bool.random(using: &random) ? place : min(place, Int.random(in: 0...64, using: &random))
        switch Int.random(in: 0..<9, using: &random) {
        case 0 where position < file.count: file[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where position < file.count:
            file[position] = [0, 1, 0x20, 0x22, 0x2C, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        case 2: file.removeSubrange(position...)
        case 3:
            file.insert(contentsOf: noise(Int.random(in: 1...20, using: &random), seed: random.next()), at: position)
        case 4:
            let end = min(file.count, position + Int.random(in: 1...40, using: &random))
            file.insert(contentsOf: Array(file[position..<end]), at: position)
        case 5:
            let end = min(file.count, position + Int.random(in: 1...8, using: &random))
            file.replaceSubrange(position..<end, with: repeatElement(0xFF, count: end - position))
        case 6:
            let end = min(file.count, position + [1, 2, 4, 8][Int.random(in: 0..<4, using: &random)])
            let number = UInt64(1) << UInt64.random(in: 0..<64, using: &random)
            for offset in position..<end {
                file[offset] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(offset - position)))
            }
        case 7:
            let end = min(file.count, position + Int.random(in: 1...16, using: &random))
            file.removeSubrange(position..<end)
        default:
            guard let word = words.randomElement(using: &random) else { return }
            let end = min(file.count, position + (Bool.random(using: &random) ? word.count : 0))
            file.replaceSubrange(position..<end, with: word)
        }
    }
}

extension [DataError.Kind?: Int] {
    /// Expects that the mutations reached every one of these ways out: they are of use only then.
    func expectReached(_ kinds: [DataError.Kind?], sourceLocation: SourceLocation = #_sourceLocation) {
        for kind in kinds {
            #expect(self[kind, default: 0] > 0, "\(String(describing: kind)): \(self)", sourceLocation: sourceLocation)
        }
    }
}
