import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct InfoTests {
    @Test func `the back end and all about it are told`() throws {
        let info = try leibniz(["info", "--json"], environment: ["LEIBNIZ_THREADS": "3", "LEIBNIZ_CACHE": "off"]).json()
        #expect(
            Set(info.keys) == [
                "version", "backend", "llvm_version", "llvm_path", "llvm_missing_because", "cpu", "cpu_features",
                "vectors", "vector_bits", "threads", "cache_folder", "cache_bytes",
            ])
        #expect(info["version"] as? String == leibnizVersion)
        #expect(info["threads"] as? Int == 3)
        #expect(info["cache_folder"] is NSNull && info["cache_bytes"] as? Int == 0)
        if info["backend"] as? String == "llvm" {
            #expect(try #require(info["llvm_version"] as? Int) >= 15)
            #expect([128, 256, 512].contains(try #require(info["vector_bits"] as? Int)))
        } else {
            #expect(info["llvm_missing_because"] is String)
        }
    }

    @Test(arguments: ["sse4", "avx2", "avx512", "neon"])
    func `fewer vector instructions can be asked for, and more are ignored with a warning`(vectors: String) throws {
        let run = try leibniz(["info", "--json"], environment: ["LEIBNIZ_VECTORS": vectors, "LEIBNIZ_CACHE": "off"])
        let info = try run.json()
        guard let used = info["vectors"] as? String else { return }
        let bits = ["sse4": 128, "avx2": 256, "avx512": 512, "neon": 128]
        #expect(info["vector_bits"] as? Int == bits[used])
        let warning = "LEIBNIZ_VECTORS=\(vectors) ignored: this machine has \(used)"
        #expect(run.errors.components(warning) == (used == vectors ? 0 : 1))
        if used != "neon", vectors == "sse4" { #expect(used == "sse4") }
    }

    @Test func `a path with odd letters is whole in JSON`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/a \"b\" \\ ü\t"
        let info = try leibniz(["info", "--json"], environment: ["LEIBNIZ_CACHE": path]).json()
        if info["backend"] as? String == "llvm" { #expect(info["cache_folder"] as? String == path) }
    }

    @Test func `people get lines`() throws {
        let run = try leibniz(["info"], environment: ["LEIBNIZ_BACKEND": "interpreter"])
        #expect(run.status == 0 && run.errors.isEmpty)
        #expect(run.output.hasPrefix("Leibniz \(leibnizVersion)\nback end:  interpreter\n"))
        #expect(run.output.contains("not used: LEIBNIZ_BACKEND=interpreter"))
    }

    @Test(arguments: [["info"], ["train", "linear-regression", "--epochs", "20"]], ["none", "/no/libLLVM.so"])
    func `without LLVM a hint how to get it appears once`(command: [String], library: String) throws {
        let run = try leibniz(
            command + ["--json"], environment: ["LEIBNIZ_LLVM": library, "LEIBNIZ_BACKEND": ""])
        #expect(run.status == 0)
        #expect(run.errors.components("LLVM not found") == 1)
        #expect(run.errors.components("apt-get install libllvm19") == 1)
        let result = try run.json()
        if command == ["info"] {
            #expect(result["backend"] as? String == "interpreter")
            #expect((result["llvm_missing_because"] as? String)?.contains(library) == true)
        }
    }
}
