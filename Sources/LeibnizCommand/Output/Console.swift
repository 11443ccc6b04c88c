import Foundation
import LeibnizData

/// The two streams of a command: results go to the standard output, everything about the way there to the standard error.
enum Console {
    /// Writes a line of the result.
    ///
    /// - Throws: a `DataError` where it cannot be written, on a full disk for one: a result that nobody gets is a failure.
    static func write(_ line: String) throws { try write(line + "\n", to: 1, named: "standard output") }

    /// Writes a part of the result's text at once, without ending the line.
    static func write(part text: String) throws { try write(text, to: 1, named: "standard output") }

    /// Writes the line of a finished epoch: a result, or a note beside a result in JSON.
    static func write(epoch: Int, of epochs: Int, loss: Double, isNote: Bool) throws {
        let loss = String(format: abs(loss) < 1e6 ? "%.4f" : "%.4g", loss)
        let line = "Epoch [\(epoch)/\(epochs)], Loss: \(loss)"
        if isNote { note(line) } else { try write(line) }
    }

    /// Writes a line about how things go. That it cannot be written is no reason to stop.
    static func note(_ line: String) { try? write(line + "\n", to: 2, named: "standard error") }

    /// Ends the process with a message.
    static func end(with error: any Error, status: Int32) -> Never {
        note("\(error)")
        exit(status)
    }

    private static func write(_ text: String, to descriptor: Int32, named name: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw DataError(
                    .inputOutput, "the result could not be written", in: name, found: String(cString: strerror(errno)),
                    expected: "room for \(rest.count) bytes")
            }
        }
    }
}
