import Foundation
import Leibniz
import TestFiles
import Testing

/// A data set of a few noisy images on disk, in which single files can then be damaged.
struct SmallDataSet {
    let folder: TemporaryFolder
    var path: String { folder.path }

    /// Ten images to learn from and five to test with, in ten classes; the training images are compressed.
    init(side: Int = 28) throws {
        folder = try TemporaryFolder()
        for (part, count) in [("train", 10), ("t10k", 5)] {
            let pixels = noise(count * side * side, seed: UInt64(count))
            try write(.uint8, [count, side, side], pixels, as: "\(part)-images-idx3-ubyte")
            try write(.uint8, [count], (0..<count).map(UInt8.init), as: "\(part)-labels-idx1-ubyte")
        }
        let images = try bytes(of: "train-images-idx3-ubyte")
        try folder.write(gzipped(images), as: "train-images-idx3-ubyte.gz")
        try remove("train-images-idx3-ubyte")
    }

    func write(_ type: IDXElementType, _ extents: [Int], _ bytes: [UInt8], as name: String) throws {
        try folder.write(IDXArray(elementType: type, extents: extents, bytes: bytes).encoded, as: name)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    func bytes(of name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func change(_ name: String, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = try bytes(of: name)
        body(&bytes)
        try folder.write(bytes, as: name)
    }
}

@Suite struct ConvNetTests {
    static let keys: Set = [
        "dataset", "parameters", "epochs", "train_loss", "test_accuracy", "seconds", "images_per_second",
        "first_step_seconds", "peak_memory_mib",
    ]

    func train(_ data: SmallDataSet, _ options: [String] = [], environment: [String: String] = [:]) throws
        -> Program.Outcome
    {
        try leibniz(
            ["train", "convnet", "--data", data.path, "--batch-size", "4", "--epochs", "1", "--json"] + options,
            environment: environment)
    }

    @Test func `a network is trained and measured, the last batch smaller`() throws {
        let run = try train(SmallDataSet(), ["--threads", "1"])
        #expect(run.status == 0)
        let result = try run.json()
        #expect(Set(result.keys) == Self.keys)
        #expect(result["dataset"] as? String == "fashion-mnist")
        #expect(result["parameters"] as? Int == 61_706)
        #expect(result["epochs"] as? Int == 1)
        #expect((1.0...4.0).contains(try #require(result["train_loss"] as? Double)))
        let fifths = try #require(result["test_accuracy"] as? Double) * 5
        #expect(abs(fifths - fifths.rounded()) < 1e-5 && (0.0...5.0).contains(fifths))
        let (seconds, first) = (result["seconds"] as? Double, result["first_step_seconds"] as? Double)
        #expect(try #require(seconds) >= #require(first) && #require(first) > 0)
        #expect(try #require(seconds) <= run.seconds + 0.02)
        #expect(try #require(result["images_per_second"] as? Double) > 0)
        #expect((10.0...4000.0).contains(try #require(result["peak_memory_mib"] as? Double)))
        #expect(run.errors.contains("Epoch [1/1], Loss: "))
    }

    @Test func `the same seed gives the same loss, another another`() throws {
        let data = try SmallDataSet()
        func loss(_ seed: String) throws -> Double {
            try #require(try train(data, ["--seed", seed]).json()["train_loss"] as? Double)
        }
        let first = try loss("1")
        #expect(try loss("1") == first)
        #expect(try loss("-1") != first)
    }

    #if os(Linux)
        @Test func `as many threads as asked for take part`() throws {
            let compiler = ["LEIBNIZ_BACKEND": "llvm"]  // The interpreter works alone.
            guard try leibniz(["info", "--json"], environment: compiler).json()["backend"] as? String == "llvm" else {
                return
            }
            let data = try SmallDataSet()
            #expect(try train(data, ["--threads", "6"], environment: compiler).threads >= 6)
            #expect(try train(data, ["--threads", "1"], environment: compiler).threads < 6)
        }
    #endif

    @Test func `what diverges is null and said to be so`() throws {
        let run = try train(SmallDataSet(), ["--learning-rate", "1e30", "--epochs", "3"])
        #expect(run.status == 0)
        let result = try run.json()
        #expect(Set(result.keys) == Self.keys.union(["status"]))
        #expect(result["status"] as? String == "diverged" && result["train_loss"] is NSNull)
    }
}
