import Foundation
import Leibniz

/// Answers requests line by line, so that several libraries can take turns on one machine:
///
///     {"workload": "matmul-256"}  →  {"ready": true}
///     {"description": {"kind": …}} →  {"ready": true}, for a program as `leibniz bench --random` draws them
///     {"seconds": 0.1}            →  {"microseconds": 123.4, "iterations": 810}
///
/// What goes wrong is answered by `{"error": …}`.
struct BenchmarkServer {
    let seed: Int

    private struct Request: Decodable {
        var workload: String?
        var description: RandomWorkload?
        var seconds: Double?
    }

    func run() throws {
        var session: BenchmarkSession?
        while let line = readLine() {
            do {
                let request = try JSONDecoder().decode(Request.self, from: Data(line.utf8))
                if let seconds = request.seconds, session != nil {
                    let (each, count) = try session?.round(seconds: seconds) ?? (.nan, 0)
                    try answer([("microseconds", .real(each * 1e6)), ("iterations", .whole(count))])
                } else {
                    session = nil
                    session = try BenchmarkSession(workload(request), checkSeed: seed)
                    try answer([("ready", .flag(true))])
                }
            } catch let error as DataError {
                throw error
            } catch let error as DecodingError {
                try answer([("error", .text("this is no request: \(error.reason)"))])
            } catch {
                try answer([("error", .text("\(error)"))])
            }
        }
    }

    private func workload(_ request: Request) throws -> Workload {
        if let drawn = request.description { return drawn.workload(named: "description") }
        if let found = Workloads.all.first(where: { $0.name == request.workload }) { return found }
        throw Workload.WrongResult(description: "no workload is called \(request.workload ?? "")")
    }

    private func answer(_ members: [(String, JSONValue)]) throws { try Console.write("\(JSONValue.object(members))") }
}

extension DecodingError {
    /// What is wrong, and where.
    fileprivate var reason: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            (context.codingPath.map(\.stringValue) + [context.debugDescription]).joined(separator: ": ")
        case .keyNotFound(let key, let context):
            (context.codingPath.map(\.stringValue) + ["\(key.stringValue) is missing"]).joined(separator: ": ")
        @unknown default: "\(self)"
        }
    }
}
