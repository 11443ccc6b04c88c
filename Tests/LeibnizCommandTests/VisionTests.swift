import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct VisionTests {
    private func train(_ data: SmallDataSet, _ options: [String]) throws -> Program.Outcome {
        try leibniz(["train", "vision", "--data", data.path, "--json"] + options)
    }

    @Test func `a network is trained, drawn, logged, kept and used`() throws {
        let data = try SmallDataSet()
        let folder = try TemporaryFolder()
        func path(_ name: String) -> String { "\(folder.path)/\(name)" }
        let run = try train(
            data,
            [
                "--epochs", "2", "--pooling", "learned-lp", "--batch-size", "4", "--plot", path("plot"), "--log",
                path("log"), "--checkpoint", path("run"),
            ])
        #expect(run.status == 0, "\(run.errors)")
        let result = try run.json()
        #expect(result["dataset"] as? String == "fashion-mnist" && result["pooling"] as? String == "learned-lp")
        #expect(result["steps"] as? Int == 6, "ten images in batches of four, twice")
        #expect(result["parameters"] as? Int == ResidualNet().parameterCount + 2, "an exponent for each of two pools")
        let fifths = try #require(result["test_accuracy"] as? Double) * 5
        #expect(abs(fifths - fifths.rounded()) < 1e-9 && (0.0...5.0).contains(fifths))
        #expect(try #require(result["seconds"] as? Double) <= run.seconds + 0.02)
        let learned = try #require(result["pooling_parameters"] as? [String: Double])
        #expect(learned.count == 2 && learned.values.allSatisfy { $0 != 2 && abs($0 - 2) < 1 })
        #expect(run.errors.contains("Epoch [2/2], Loss: "))
        for name in ["plot/learning-curve.svg", "plot/confusion.svg", "plot/filters.png", "log/log.jsonl"] {
            #expect(FileManager.default.fileExists(atPath: path(name)), "\(name)")
        }
        let filters = try PNGImage(contentsOf: path("plot/filters.png"))
        #expect(filters.width == 8 * 52 && filters.height == 2 * 52)
        // 16, 32 and 64 maps in rows of 8, each magnified to 84 pixels, with 4 between.
        for (number, rows) in [2, 4, 8].enumerated() {
            let maps = try PNGImage(contentsOf: path("plot/feature-maps-\(number).png"))
            #expect(maps.width == 8 * 88 && maps.height == rows * 88 && Set(maps.samples).count > 20)
        }

        // The same again goes on from the end, which is the end.
        let again = try train(
            data,
            [
                "--epochs", "2", "--pooling", "learned-lp", "--batch-size", "4", "--checkpoint", path("run"),
                "--resume",
            ])
        #expect(try again.json()["test_accuracy"] as? Double == result["test_accuracy"] as? Double)
        let other = try train(data, ["--epochs", "2", "--pooling", "max", "--checkpoint", path("run"), "--resume"])
        #expect(other.status == 65 && other.errors.contains("pooling learned-lp") && other.output.isEmpty)
        #expect(other.errors.contains("batch 4") && other.errors.contains("batch 128"))

        let used = try leibniz([
            "predict", "--checkpoint", path("run"), "\(data.path)/t10k-images-idx3-ubyte", "--count", "3", "--json",
        ])
        let lines = try used.jsonLines()
        #expect(used.status == 0 && lines.compactMap { $0["image"] as? Int } == [0, 1, 2])
        for line in lines {
            let shares = try #require(line["probabilities"] as? [Double])
            #expect(abs(shares.reduce(0, +) - 1) < 1e-5 && shares.max() == line["probability"] as? Double)
            #expect(line["class"] as? String == FashionMNIST.classNames[try #require(line["label"] as? Int)])
        }
        // The first image once more, as a PNG file.
        let pixels = try data.bytes(of: "t10k-images-idx3-ubyte").dropFirst(16).prefix(784).map(UInt16.init)
        let picture = try PNGImage(width: 28, height: 28, channels: 1, samples: pixels)
        try picture.write(to: path("first.png"))
        let single = try leibniz(["predict", "--checkpoint", path("run"), path("first.png"), "--json"]).json()
        let best = try Checkpoint(path: path("run/best.safetensors")).progress
        let newest = try #require(try CheckpointFolder(path("run")).newest()).checkpoint.progress
        #expect([3, 6].contains(best.step) && newest.step == 6)
        let bestOne = ["predict", "--checkpoint", path("run"), path("first.png"), "--json", "--best"]
        let isSame = try leibniz(bestOne).json()["probability"] as? Double == single["probability"] as? Double
        #expect(isSame == (best.step == newest.step))
        let (a, b) = (single["probability"] as? Double, lines[0]["probability"] as? Double)
        #expect(try abs(#require(a) - #require(b)) < 1e-5 && single["image"] is NSNull)
    }

    @Test func `rules of pooling are compared`() throws {
        let run = try train(SmallDataSet(), ["--compare-pooling", "--limit-seconds", "240"])
        #expect(run.status == 0, "\(run.errors)")
        let rows = try #require(try run.json()["compared"] as? [[String: Any]])
        #expect(rows.count == 9 && Set(rows.compactMap { $0["pooling"] as? String }).count == 9)
        #expect(rows.allSatisfy { ($0["train_loss"] as? Double)?.isFinite == true })
    }

    @Test func `a signal ends after the step, with a checkpoint`() throws {
        let data = try SmallDataSet()
        let folder = try TemporaryFolder()
        let process = Process()
        process.executableURL = Bundle.main.bundleURL.appendingPathComponent("leibniz")
        process.arguments = [
            "train", "vision", "--data", data.path, "--json", "--epochs", "100000", "--checkpoint", folder.path,
        ]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        // The threads of tests block signals, and children inherit that.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        try process.run()
        while process.isRunning, try CheckpointFolder(folder.path).files().isEmpty {
            Thread.sleep(forTimeInterval: 0.02)
        }
        process.interrupt()
        let deadline = ContinuousClock.now + .seconds(400)
        while process.isRunning, ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.02) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let result = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(result["ending"] as? String == "interrupted")
        #expect(try CheckpointFolder(folder.path).files().first?.step == result["steps"] as? Int)
    }

    @Test func `what is wrong is told`() throws {
        let folder = try TemporaryFolder()
        let none = try leibniz(["predict", "--checkpoint", folder.path + "/none", "x.png"])
        #expect(none.status == 66 && none.errors.contains("leibniz train vision --checkpoint"))
        let empty = try leibniz(["predict", "--checkpoint", folder.path, "--best", "x.png"])
        #expect(empty.status == 66 && empty.errors.contains("without --best the newest checkpoint is taken"))
        let nowhere = try leibniz(["train", "vision", "--data", folder.path + "/none"])
        #expect(nowhere.status == 66 && nowhere.errors.contains("there are no data"))
        let both = try leibniz(["train", "vision", "--compare-pooling", "--checkpoint", folder.path])
        #expect(both.status == 64 && both.errors.contains("--compare-pooling"))
        let alone = try leibniz(["train", "vision", "--resume"])
        #expect(alone.status == 64 && alone.errors.contains("--checkpoint"))
        let rule = try leibniz(["train", "vision", "--pooling", "loudest"])
        #expect(rule.status == 64 && rule.errors.contains("learned-lp"))
    }
}
