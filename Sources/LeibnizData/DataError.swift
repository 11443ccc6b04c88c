/// Why data could not be had: which file (or argument), where in it, what was found there and what was expected.
///
/// Printed, it is one message:
/// ```
/// DataError: the data end too early
///   in /data/train-images-idx3-ubyte.gz, at byte 1016 of the inflated data
///   found:    the end after 1000 of 7840 element bytes
///   expected: [10, 28, 28] elements of uint8
/// ```
public struct DataError: Error, Sendable, Hashable {
    /// What is wrong, in kind; programs decide by it, people read the rest.
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// The file or folder does not exist.
        case missing
        /// Something is there, but not a regular file, or not a folder where one must be.
        case wrongFileKind
        /// The file system refuses to open it.
        case noPermission
        /// The operating system failed while reading or writing.
        case inputOutput
        /// A gzip stream ends before its end mark, contradicts its own checksum, or is not one.
        case damagedCompression
        /// A header that no file of the format has, or one that does not fit the use.
        case wrongHeader
        /// The extents of a header multiply to more bytes than can be addressed.
        case overflow
        /// Fewer bytes than the header announces.
        case tooShort
        /// More bytes than the header announces.
        case tooLong
        /// Text or structure that breaks the rules of its format.
        case malformed
        /// Contents that the format allows and this library has no use for.
        case unsupported
        /// Values, or counts of two files, that contradict each other or their range.
        case inconsistent
        /// An argument of a call is outside its range; no file is at fault.
        case argument
        /// The system has no memory left.
        case outOfMemory
    }

    /// A place in a file.
    public enum Position: Sendable, Hashable {
        /// The byte of the file itself, from 0.
        case byte(Int)
        /// The byte of what the compressed file inflates to, from 0.
        case inflatedByte(Int)
        /// The cell of a table: the line of the text and the column of the table, both from 1.
        case cell(line: Int, column: Int)
    }

    /// What is wrong, in kind.
    public var kind: Kind
    /// What is wrong, in words, without the details below.
    public var summary: String
    /// The file's or folder's path; the argument's name where `kind` is `argument`.
    public var subject: String
    /// Where in the file, if the error has a place.
    public var position: Position?
    /// What was found there.
    public var found: String
    /// What should have been there.
    public var expected: String
    /// What to do about it, if that can be said.
    public var hint: String?

    /// An error with all its parts.
    public init(
        _ kind: Kind, _ summary: String, in subject: String, at position: Position? = nil,
        found: String, expected: String, hint: String? = nil
    ) {
        self.kind = kind
        self.summary = summary
        self.subject = subject
        self.position = position
        self.found = found
        self.expected = expected
        self.hint = hint
    }

    /// The status with which a command that fails for this reason ends, as in `sysexits.h`:
    /// 64 usage, 65 bad data, 66 no such input, 71 out of memory, 74 input or output failed, 77 no permission.
    public var exitStatus: Int32 {
        switch kind {
        case .argument: 64
        case .damagedCompression, .wrongHeader, .overflow, .tooShort, .tooLong, .malformed, .unsupported, .inconsistent:
            65
        case .missing, .wrongFileKind: 66
        case .outOfMemory: 71
        case .inputOutput: 74
        case .noPermission: 77
        }
    }
}

extension DataError: CustomStringConvertible {
    /// The whole message: summary, place, found, expected, hint.
    public var description: String {
        let place =
            switch position {
            case .byte(let offset): ", at byte \(offset)"
            case .inflatedByte(let offset): ", at byte \(offset) of the inflated data"
            case .cell(let line, let column): ", at line \(line), column \(column)"
            case nil: ""
            }
        var lines = [
            "DataError: \(summary)", "  in \(subject)\(place)", "  found:    \(found)", "  expected: \(expected)",
        ]
        if let hint { lines.append("  hint: \(hint)") }
        return lines.joined(separator: "\n")
    }
}
