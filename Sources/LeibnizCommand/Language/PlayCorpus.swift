import Foundation
import Leibniz

/// Plays, one file each, of which the last part is held out.
struct PlayCorpus {
    /// The share of each play that is for training, in hundredths.
    static let trainingShare = 95

    let vocabulary: CharacterVocabulary
    /// The first part of all plays, one behind the other.
    let training: [Int32]
    /// The last part of each play.
    let heldOut: [[Int32]]

    /// Reads all `*.txt` of a folder.
    ///
    /// - Throws: a `DataError` for a text that is not UTF-8, and where there is none.
    init(folder: String) throws {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".txt") }.sorted()
        } catch {
            throw DataError(
                .inputOutput, "the folder cannot be read", in: folder, found: error.localizedDescription,
                expected: "texts")
        }
        let texts = try names.map { try TextFile.read("\(folder)/\($0)") }
        guard texts.contains(where: { $0.utf8.count >= 100 }) else {
            throw DataError(
                .missing, "there are no texts to learn from", in: folder, found: "\(texts.count) short files",
                expected: "files *.txt of more than 100 characters",
                hint: "scripts/data language prepares Shakespeare's plays")
        }
        vocabulary = CharacterVocabulary(of: texts)
        var (training, heldOut) = ([Int32](), [[Int32]]())
        for text in texts {
            let characters = try vocabulary.encoded(text)
            let border = characters.count * Self.trainingShare / 100
            training += characters[..<border]
            heldOut.append(Array(characters[border...]))
        }
        (self.training, self.heldOut) = (training, heldOut)
    }
}
