import Foundation
import LeibnizData
import TestFiles
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct UnreadableFileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func `a missing file is missing input`() throws {
        let error = try dataError { try GzipReader(path: folder.path + "/none") }
        #expect(error.kind == .missing)
        #expect(error.exitStatus == 66)
        #expect(error.subject == folder.path + "/none")
    }

    @Test func `a folder is no file`() throws {
        let error = try dataError { try GzipReader(path: folder.path) }
        #expect(error.kind == .wrongFileKind)
        #expect(error.exitStatus == 66)
        #expect(error.found == "a folder")
    }

    @Test func `a file is no folder on the way`() throws {
        let file = try folder.write([1])
        let error = try dataError { try GzipReader(path: file + "/data") }
        #expect(error.kind == .wrongFileKind)
        #expect(error.found == "Not a directory")
    }

    @Test(.timeLimit(.minutes(1))) func `a pipe is refused instead of waited for`() throws {
        let pipe = folder.path + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        let error = try dataError { try GzipReader(path: pipe) }
        #expect(error.kind == .wrongFileKind)
        #expect(error.found == "a pipe")
    }

    #if os(Linux)
        @Test func `a file without permission is not read`() throws {
            let file = try folder.write([1, 2, 3, 4])
            try #require(chmod(file, 0o000) == 0)
            // Root may read everything; this one thread becomes nobody as far as files are concerned.
            let symbol = try #require(dlsym(UnsafeMutableRawPointer(bitPattern: 0), "setfsuid"))
            let setFileUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> CInt).self)
            let error = try dataError {
                let user = geteuid()
                if user == 0 { _ = setFileUser(65534) }
                defer { if user == 0 { _ = setFileUser(user) } }
                return try GzipReader(path: file)
            }
            #expect(error.kind == .noPermission)
            #expect(error.exitStatus == 77)
        }
    #endif
}
