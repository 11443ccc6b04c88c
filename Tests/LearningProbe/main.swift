// What has to be measured in a process of its own: memory over many steps, compilations, and the bits of results.
//
//   LearningProbe endure SCENARIO STEPS WARM-UP    memory and compilations of a training loop
//   LearningProbe bits SEED STEPS                  hashes of what a seed leads to
//   LearningProbe resume FOLDER STEPS              a training with checkpoints, from the newest one on
//   LearningProbe fit FOLDER EPOCHS EVERY          a training by Trainer, with a checkpoint after EVERY steps, from the newest one on
//   LearningProbe wild                             errors of indices that point outside

import Foundation

let arguments = CommandLine.arguments.dropFirst()
do {
    switch (arguments.first, arguments.dropFirst().map(\.self)) {
    case ("endure", let rest) where rest.count == 3:
        guard let scenario = Scenario(rawValue: rest[0]), let steps = Int(rest[1]), let warmUp = Int(rest[2]) else {
            throw Usage()
        }
        print(try Endurance(of: scenario, steps: steps, warmUp: warmUp).json)
    case ("bits", let rest) where rest.count == 2:
        guard let seed = Int(rest[0]), let steps = Int(rest[1]) else { throw Usage() }
        print(try Bits(seed: seed, steps: steps).json)
    case ("resume", let rest) where rest.count == 2:
        guard let steps = Int(rest[1]) else { throw Usage() }
        print(try Resumption(folder: rest[0], steps: steps).json)
    case ("fit", let rest) where rest.count == 3:
        guard let epochs = Int(rest[1]), let every = Int(rest[2]) else { throw Usage() }
        print(try Fitting(folder: rest[0], epochs: epochs, every: every).json)
    case ("wild", let rest) where rest.isEmpty:
        let errors = WildIndices.errors()
        for (name, error) in errors { print("\(name): \(error ?? "no error")") }
        exit(errors.allSatisfy { $0.error?.contains("IndexError") ?? false } ? 0 : 1)
    default: throw Usage()
    }
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(error is Usage ? 64 : 1)
}

struct Usage: Error, CustomStringConvertible {
    var description: String {
        "LearningProbe endure \(Scenario.allCases.map(\.rawValue).joined(separator: "|")) STEPS WARM-UP, or bits SEED STEPS, or resume FOLDER STEPS, or fit FOLDER EPOCHS EVERY, or wild"
    }
}
