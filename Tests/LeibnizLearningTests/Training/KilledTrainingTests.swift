import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct `A trainer that is disturbed` {
    /// What a training of the probe tells; see `Tests/LearningProbe`.
    private struct Fitting: Decodable {
        let resumed_at: Int, notes: Int, steps: Int
        let parameters: String
    }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `and killed again and again ends as an undisturbed one, bit for bit`() throws {
        let kills = KilledProbe.count
        let run = folder.path + "/run"
        let epochs = "\(40 * kills)"
        let whole: Fitting = try Program.probe("fit", folder.path + "/whole", epochs, "1000000")
        #expect(whole.steps == 160 * kills && whole.resumed_at == 0)
        var random = TestRandom(state: 6)
        var (places, killed): (Set<Int>, Int) = ([], 0)
        for round in 0..<kills {
            // Every fifth at any moment, the others while it trains and writes.
            let isKilled = try KilledProbe.run(
                ["fit", run, epochs, "3"], in: run, after: round % 5 == 4 ? 0 : 1,
                .random(in: 0...0.1, using: &random))
            if isKilled { killed += 1 }
            if let newest = try CheckpointFolder(run).newest() {
                places.insert(newest.checkpoint.progress.step)
                #expect(newest.notes.isEmpty, "what is named as a checkpoint is whole")
            }
        }
        let resumed: Fitting = try Program.probe("fit", run, epochs, "3")
        #expect(resumed.parameters == whole.parameters && resumed.steps == whole.steps)
        #expect(killed == kills && places.count > kills / 2 && resumed.resumed_at == places.max())
        let names = try FileManager.default.contentsOfDirectory(atPath: run)
        #expect(names.allSatisfy { $0.hasSuffix(".safetensors") }, "what was left behind is gone")
    }

    #if os(Linux)
        /// Whether this process may mount file systems, if only for itself.
        private static let mayMount: Bool = {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
            process.arguments = ["--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
            (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }()

        /// Mounts a small disk, trains a pass, fills the disk, goes on training, which fails, makes room, and goes on.
        private static let script = """
            set -e
            disk=$1; shift
            mount -t tmpfs -o size=96k tmpfs "$disk"
            "$@" fit "$disk" 1 3
            before=$(cd "$disk" && cksum *)
            cat /dev/zero > "$disk/filler" 2>/dev/null || true
            status=0
            "$@" fit "$disk" 5 3 || status=$?
            rm "$disk/filler"
            [ "$before" = "$(cd "$disk" && cksum *)" ] && same=true || same=false
            echo "{\\"status\\":$status,\\"same\\":$same}"
            "$@" fit "$disk" 5 3
            """

        private struct Refusal: Decodable {
            let status: Int, same: Bool
        }

        @Test(.enabled(if: mayMount, "mounting a small disk is not allowed here"))
        func `by a full disk keeps the old checkpoint whole and tells what happened`() throws {
            let disk = folder.path + "/disk"
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            let outcome = try Program(name: "LearningProbe").run(
                launcher: [
                    "/usr/bin/unshare", "--map-root-user", "--mount", "/bin/bash", "-c", Self.script, "bash", disk,
                ])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n").map { Data($0.utf8) }
            try #require(lines.count == 3)
            let decoder = JSONDecoder()
            let refusal = try decoder.decode(Refusal.self, from: lines[1])
            #expect(refusal.status == 1 && refusal.same)
            #expect(outcome.errors.contains("what was there before is unchanged"))
            #expect(
                outcome.errors.contains("No space left on device") && outcome.errors.contains("\(disk)/checkpoint-"))
            let resumed = try decoder.decode(Fitting.self, from: lines[2])
            let whole: Fitting = try Program.probe("fit", folder.path + "/whole", "5", "3")
            #expect(resumed.resumed_at == 4 && resumed.notes == 0 && resumed.parameters == whole.parameters)
        }
    #endif
}
