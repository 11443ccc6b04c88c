import Foundation
import LeibnizKernels
import Synchronization

/// Writes what plans consist of into the folder that `LEIBNIZ_DUMP` names, for people to read.
enum PlanDump {
    private static let count = Atomic<Int>(0)

    /// Writes the program and its loop nests as `plan-<n>.txt`. The kernels' IR and assembly are written beside it.
    static func write(_ program: Program, _ works: [PlanWork]) {
        guard let folder = Settings.current.dumpFolder else { return }
        let number = count.add(1, ordering: .relaxed).newValue
        var text = "# graph\n\(program)\n"
        for (place, work) in works.enumerated() {
            switch work {
            case .nest(let nest): text += "\n# kernel \(place)\n\(nest)\n"
            case .sort(let sort): text += "\n# kernel \(place)\n\(sort)\n"
            case .control(let control):
                let bodies = control.bodies(threads: 1).map { "\($0.program)" }.joined(separator: "\n\n")
                text += "\n# kernel \(place)\n\(control.name) of\n\(bodies)\n"
            }
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try text.write(toFile: "\(folder)/plan-\(number).txt", atomically: true, encoding: .utf8)
        } catch {
            FileHandle.standardError.write(
                Data("leibniz: LEIBNIZ_DUMP=\(folder): \(error.localizedDescription)\n".utf8))
        }
    }
}
