import LeibnizCore
import LeibnizData
import TestFiles
import Testing

@Suite struct LogTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func text(_ name: String) throws -> String { try TextFile.read(folder.path + "/" + name) }

    @Test func `a table grows line by line, and goes on after a restart`() throws {
        let path = folder.path + "/new/log.csv"
        try CSVLog(path: path, columns: ["step", "loss", "note"]).write(["step": .whole(1), "loss": .real(0.5)])
        try CSVLog(path: path, columns: ["step", "loss", "note"]).write([
            "step": .whole(2), "note": .text("a,\"b\"\nc"), "loss": .real(.nan),
        ])
        #expect(try text("new/log.csv") == "step,loss,note\n1,0.5,\n2,null,\"a,\"\"b\"\"\nc\"\n")
        let table = try Table(path: path)
        #expect(try table["note"].texts == ["", "a,\"b\"\nc"] && table["loss"].isMissing == [false, true])
        #expect(try dataError { try CSVLog(path: path, columns: ["step"]).write(["loss": .null]) }.kind == .wrongHeader)
        let log = try CSVLog(path: path, columns: ["step", "loss", "note"])
        #expect(try dataError { try log.write(["x": .null]) }.kind == .argument)
    }

    @Test func `one object a line`() throws {
        let log = try JSONLinesLog(path: folder.path + "/log.jsonl")
        try log.write([("step", .whole(1)), ("loss", .real(0.25))])
        try log.write([("step", .whole(2))])
        #expect(try text("log.jsonl") == "{\"step\":1,\"loss\":0.25}\n{\"step\":2}\n")
    }

    @Test func `a folder that cannot be made is an error`() throws {
        let file = try folder.write([])
        #expect(try dataError { try JSONLinesLog(path: file + "/x/log.jsonl") }.kind == .inputOutput)
        #expect(try dataError { try EventWriter(folder: file + "/x") }.kind == .inputOutput)
    }

    @Test func `an event file is records of known bytes`() throws {
        let log = try EventWriter(folder: folder.path) { 1.5 }
        try log.scalar("a", 0.5, step: 300)
        let bytes = try GzipReader(path: log.path).bytes(atMost: .max)
        // The messages by hand: field and kind, then the value.
        let version: [UInt8] = [0x09] + [0, 0, 0, 0, 0, 0, 0xF8, 0x3F] + [0x1A, 13] + Array("brain.Event:2".utf8)
        let value: [UInt8] = [0x0A, 1, 0x61, 0x15, 0, 0, 0, 0x3F]
        let summary: [UInt8] = [0x0A, UInt8(value.count)] + value
        let scalar: [UInt8] =
            [0x09] + [0, 0, 0, 0, 0, 0, 0xF8, 0x3F] + [0x10, 0xAC, 0x02, 0x2A, UInt8(summary.count)] + summary
        var place = 0
        for message in [version, scalar] {
            #expect(Array(bytes[place..<place + 8]) == [UInt8(message.count), 0, 0, 0, 0, 0, 0, 0])
            #expect(Array(bytes[place + 12..<place + 12 + message.count]) == message)
            #expect(checksum(Array(bytes[place..<place + 8])) == Array(bytes[place + 8..<place + 12]))
            #expect(checksum(message) == Array(bytes[place + 12 + message.count..<place + 16 + message.count]))
            place += 16 + message.count
        }
        #expect(place == bytes.count)
        #expect(try EventWriter(folder: folder.path) { 1.5 }.path != log.path)
    }

    /// CRC-32C bit by bit, of which the check value of "123456789" is E3069283, turned and shifted as TensorFlow does.
    private func checksum(_ bytes: [UInt8]) -> [UInt8] {
        func plain(_ bytes: [UInt8]) -> UInt32 {
            var value: UInt32 = 0xFFFF_FFFF
            for byte in bytes {
                for bit in 0..<8 {
                    let isOdd = (value ^ UInt32(byte >> UInt8(bit))) & 1 == 1
                    value = isOdd ? value >> 1 ^ 0x82F6_3B78 : value >> 1
                }
            }
            return value ^ 0xFFFF_FFFF
        }
        #expect(plain(Array("123456789".utf8)) == 0xE306_9283)
        let value = plain(bytes)
        let masked = (value >> 15 | value << 17) &+ 0xA282_EAD8
        return (0..<4).map { UInt8(truncatingIfNeeded: masked >> (8 * $0)) }
    }
}
