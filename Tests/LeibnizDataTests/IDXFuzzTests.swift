import LeibnizData
import TestFiles
import Testing

@Suite struct IDXFuzzTests {
    @Test func `mutated files end in an array or an error, within the memory promised`() throws {
        let folder = try TemporaryFolder()
        var random = TestRandom(state: 20_240_101)
        var outcomes: [DataError.Kind?: Int] = [:]
        for round in 0..<Fuzz.rounds(10_000) {
            let path = try folder.write(Self.mutatedFile(round, &random))
            let reader = try GzipReader(path: path)
            do {
                let array = try IDXArray(from: reader)
                #expect(array.bytes.count == array.extents.reduce(array.elementType.byteCount, *), "round \(round)")
                outcomes[nil, default: 0] += 1
            } catch {
                #expect(error.subject == path && error.exitStatus == 65, "round \(round): \(error)")
                outcomes[error.kind, default: 0] += 1
            }
            #expect(reader.largestExcess <= 0, "round \(round)")
        }
        // The mutations are of use only if they reach every way out.
        for kind in [nil, .damagedCompression, .wrongHeader, .overflow, .tooShort, .tooLong] as [DataError.Kind?] {
            #expect(outcomes[kind, default: 0] > 20, "\(String(describing: kind))")
        }
    }

    /// An IDX file with one to four mutations: every second one compressed, before or after it was damaged.
    static func mutatedFile(_ round: Int, _ random: inout TestRandom) throws -> [UInt8] {
        let type = IDXElementType.allCases.randomElement(using: &random) ?? .uint8
        let extents = (0..<Int.random(in: 0...5, using: &random)).map { _ in Int.random(in: 0...6, using: &random) }
        let count = extents.reduce(type.byteCount, *)
        var file = try IDXArray(elementType: type, extents: extents, bytes: noise(count, seed: random.next())).encoded
        let mutations = Int.random(in: 1...4, using: &random)
        switch round % 4 {
        case 0, 2:
            mutate(&file, mutations, &random)
        case 1:
            mutate(&file, mutations, &random)
            file = try gzipped(file)
        default:
            file = try gzipped(file)
            mutate(&file, mutations, &random)
        }
        return file
    }

    static func mutate(_ file: inout [UInt8], _ count: Int, _ random: inout TestRandom) {
        for _ in 0..<count {
            let position = Int.random(in: 0...file.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where position < file.count: file[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1 where position < file.count:
                file[position] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 2: file.removeSubrange(position...)
            case 3:
                file.insert(
                    contentsOf: noise(Int.random(in: 1...20, using: &random), seed: random.next()), at: position)
            case 4: file.insert(contentsOf: file[..<position], at: position)
            default:
                let header = min(4, file.count)
                let end = min(header + 4 * Int.random(in: 1...5, using: &random), file.count)
                file.replaceSubrange(header..<end, with: repeatElement(0xFF, count: end - header))
            }
        }
    }
}
