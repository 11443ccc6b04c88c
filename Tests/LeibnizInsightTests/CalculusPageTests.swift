import Foundation
import TestFiles
import Testing

/// *Calculus, from the limit to pooling* is the program `Examples/Calculus` and what it prints.
@Suite struct `The calculus page` {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    /// What stands in the page's boxes of one kind.
    private static func boxes(_ kind: String) throws -> [String] {
        let page = try String(contentsOf: root.appending(path: "Documentation/Calculus.md"), encoding: .utf8)
        return page.components(separatedBy: "```\(kind)\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
    }

    @Test func `its code is the example's`() throws {
        let source = try String(contentsOf: Self.root.appending(path: "Examples/Calculus/main.swift"), encoding: .utf8)
        let boxes = try Self.boxes("swift")
        #expect(boxes.count > 10)
        #expect(source == boxes.joined(separator: "\n"))
    }

    @Test func `its results are what the example prints`() throws {
        let outcome = try Program(name: "Calculus").run()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let expected = try Self.boxes("text").joined().split(separator: "\n", omittingEmptySubsequences: false)
        let found = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(found.count == expected.count)
        for (line, shown) in zip(found, expected) { #expect(line == shown) }
    }
}
