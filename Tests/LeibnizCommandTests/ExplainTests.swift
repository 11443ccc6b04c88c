import Foundation
import Leibniz
import TestFiles
import Testing

@Suite struct ExplainTests {
    @Test func `the kernels of a step add up to the step`() throws {
        let result = try leibniz(["explain", "linear-regression", "--json", "--rounds", "3"]).json()
        #expect(
            Set(result.keys) == [
                "workload", "summary", "backend", "cpu", "vectors", "threads", "clock_ghz", "iteration_us",
                "unrecorded_us",
                "kernels_us", "overhead_us", "plans", "kernels",
            ])
        #expect(result["workload"] as? String == "linreg-step")
        let kernels = try #require(result["kernels"] as? [[String: Any]])
        let times = try kernels.map { try #require($0["measured_us"] as? Double) }
        #expect(!times.isEmpty && times.allSatisfy { $0 > 0 })
        #expect(kernels.allSatisfy { $0["launches"] as? Double == 1 })
        let iteration = try #require(result["iteration_us"] as? Double)
        #expect(times.reduce(0, +) <= iteration * 1.5)
        let shares = try kernels.map { try #require($0["share"] as? Double) }
        #expect(shares.reduce(0, +) <= 1.05)
        for kernel in kernels {
            #expect(try #require(kernel["bytes"] as? Double) > 0)
            #expect(!(try #require(kernel["operations"] as? [[String: Any]])).isEmpty)
            let writes = try #require(kernel["writes"] as? [[String: Any]])
            #expect(!writes.isEmpty && writes.allSatisfy { ($0["reason"] as? String)?.isEmpty == false })
            #expect(writes.allSatisfy { $0["layout"] as? String == "row-major" })
            if result["backend"] as? String == "llvm" {
                #expect(try #require(kernel["predicted_us"] as? Double) >= 0)
                #expect(kernel["loops"] is String && kernel["schedule_reason"] is String)
            } else {
                #expect(kernel["predicted_us"] is NSNull && kernel["loops"] is NSNull)
            }
        }
    }

    @Test func `products count 2mnk operations and each element once`() throws {
        let result = try leibniz(["explain", "matmul-256", "--json", "--rounds", "1"]).json()
        let kernels = try #require(result["kernels"] as? [[String: Any]])
        #expect(kernels.count == 1)
        #expect(kernels[0]["flops"] as? Double == Double(2 * 256 * 256 * 256))
        #expect(kernels[0]["bytes"] as? Double == Double(3 * 4 * 256 * 256))
    }

    @Test func `people get a table and a paragraph for each kernel`() throws {
        let run = try leibniz(["explain", "linreg-step", "--rounds", "1", "--threads", "1"])
        #expect(run.status == 0 && run.errors.isEmpty)
        let words = ["predicted", "measured", "share", "computes", "writes", "in memory because", "an iteration's"]
        for word in words { #expect(run.output.contains(word), "\(word)") }
    }

    @Test func `the interpreter predicts nothing`() throws {
        let run = try leibniz(
            ["explain", "linreg-step", "--rounds", "1", "--json"], environment: ["LEIBNIZ_BACKEND": "interpreter"])
        #expect(run.status == 0)
        let result = try run.json()
        #expect(result["clock_ghz"] is NSNull && result["backend"] as? String == "interpreter")
        let kernels = try #require(result["kernels"] as? [[String: Any]])
        #expect(kernels.allSatisfy { $0["predicted_us"] is NSNull })
    }

    @Test func `a trace shows each launch of some iterations`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/trace.json"
        let result = try leibniz(["explain", "linreg-step", "--rounds", "1", "--json", "--trace", path]).json()
        let kernels = try #require(result["kernels"] as? [[String: Any]])
        let trace = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
        let events = try #require((trace as? [String: Any])?["traceEvents"] as? [[String: Any]])
        #expect(!events.isEmpty && events.count % kernels.count == 0)
        var end = 0.0
        for event in events {
            #expect(event["ph"] as? String == "X" && event["name"] is String)
            let (start, duration) = (try #require(event["ts"] as? Double), try #require(event["dur"] as? Double))
            #expect(start >= end - 1e-3 && duration >= 0)
            end = start + duration
        }
    }

    @Test func `a trace that cannot be written is a failure`() throws {
        let run = try leibniz(["explain", "linreg-step", "--rounds", "1", "--trace", "/no/such/folder/trace.json"])
        #expect(run.status == 74)
        #expect(run.errors.contains("the trace could not be written"))
        #expect(run.output.isEmpty)
    }

    @Test(arguments: [["forest"], [], ["linreg-step", "--rounds", "0"], ["linreg-step", "--threads", "x"]])
    func `wrong usage ends with 64`(arguments: [String]) throws {
        let run = try leibniz(["explain"] + arguments)
        #expect(run.status == 64 && run.output.isEmpty && run.errors.contains("Error:"))
    }
}
