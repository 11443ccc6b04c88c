import LeibnizData
import TestFiles
import Testing

@Suite struct TableTests {
    func table(
        _ text: String, delimiter: Character? = nil, header: Table.Header = .automatic
    ) throws -> Table {
        try Table(bytes: Array(text.utf8), name: "t.csv", delimiter: delimiter, header: header)
    }

    @Test func `columns have the narrowest type that all cells fit`() throws {
        let table = try table("id,price,name,flag\n1,2.5,ab,-7\n+2,1e-3, cd,+8\n-3,inf,12,0\n")
        #expect(table.names == ["id", "price", "name", "flag"])
        #expect(table.columns.map(\.type) == [.integer, .real, .text, .integer])
        #expect(try table["id"].values == .integers([1, 2, -3]))
        #expect(try table["price"].values == .reals([2.5, 1e-3, .infinity]))
        #expect(try table["name"].values == .texts(["ab", " cd", "12"]))
        #expect(table.rowCount == 3)
    }

    @Test func `quoted cells hold delimiters, line ends and marks`() throws {
        let table = try table("a,b\r\n\"x,\"\"y\"\"\",\"line 1\nline 2\"\r\n\"\",\"NA\"\r\n")
        #expect(try table["a"].values == .texts(["x,\"y\"", ""]))
        #expect(try table["b"].values == .texts(["line 1\nline 2", "NA"]))
        #expect(try table["a"].isMissing == [false, false])
    }

    @Test(arguments: ["\n", "\r\n", "\r"]) func `line ends, empty lines and a byte order mark do not count`(end: String)
        throws
    {
        let table = try table("\u{FEFF}x\(end)1\(end)\(end)2\(end)\(end)3")
        #expect(table.names == ["x"])
        #expect(try table["x"].numbers() == [1, 2, 3])
    }

    @Test func `missing cells have many spellings`() throws {
        let table = try table("a,b\n1, \nNA,x\n,n/a\n ? ,NULL\nnan,None\n4,y")
        #expect(try table["a"].isMissing == [false, true, true, true, true, false])
        #expect(try table["a"].values == .integers([1, 0, 0, 0, 0, 4]))
        #expect(try table["b"].isMissing == [true, false, true, true, true, false])
        #expect(try table["a"].numbers(missing: .mean) == [1, 2.5, 2.5, 2.5, 2.5, 4])
        #expect(try table["a"].numbers(missing: .value(-1)) == [1, -1, -1, -1, -1, 4])
        let error = try dataError { try table["a"].numbers() }
        #expect(error.position == .cell(line: 3, column: 1))
        #expect(error.description.contains("at line 3, column 1"))
        #expect(try table.droppingMissing().rowCount == 1)
        #expect(try table.droppingMissing(in: ["a"])["b"].texts == ["", "y"])
    }

    @Test(arguments: [(",", ","), (";", ";"), ("\t", "\t")] as [(String, Character)])
    func `the delimiter is found in the first line`(mark: String, delimiter: Character) throws {
        let text = "a\(mark)\"b,;\t,;\t,;\t\"\n1\(mark)2.5\n"
        #expect(try table(text).columns.map(\.type) == [.integer, .real])
        #expect(try table(text, delimiter: delimiter).tensor().shape == [1, 2])
    }

    @Test func `a first record with numbers is data, unless it is said to be a header`() throws {
        #expect(try table("1,a\n2,b").names == ["column1", "column2"])
        #expect(try table("1,a\n2,b").rowCount == 2)
        #expect(try table("1,a\n2,b", header: .present).names == ["1", "a"])
        #expect(try table("x,y\n2,b", header: .absent).rowCount == 2)
        #expect(try table("x,y").rowCount == 0)
    }

    @Test func `columns become a matrix`() throws {
        let table = try table("x,name,y\n1,a,0.5\n2,b,0.25\n3,c,0.125")
        #expect(try table.tensor().doubles() == [1, 0.5, 2, 0.25, 3, 0.125])
        let columns = try table.tensor(["y", "x"], .float64)
        #expect(columns.shape == [3, 2] && columns.elementType == .float64)
        #expect(try columns.doubles() == [0.5, 1, 0.25, 2, 0.125, 3])
        #expect(try table.selecting(rows: [2, 0])["x"].numbers() == [3, 1])
        let error = try dataError { try table.tensor(["name"]) }
        #expect(error.position == .cell(line: 2, column: 2) && error.found == "\"a\"")
        #expect(try dataError { try table["z"] }.found == "x, name, y")
    }

    @Test func `different cells become classes in order`() throws {
        let table = try table("n,s\n10,b\n9,a\n10,b")
        #expect(try table["n"].classes() == ([1, 0, 1], ["9", "10"]))
        #expect(try table["s"].classes() == ([1, 0, 1], ["a", "b"]))
    }

    /// Texts that break a rule, with the line and column of the mistake and a part of the message.
    static let broken: [(text: String, line: Int, column: Int, message: String)] = [
        ("a,b\n1,2\n3", 3, 2, "1 cells"),
        ("a,b\n1,2,3\n", 2, 3, "3 cells"),
        ("a,b\n1,\"2\nx\n", 2, 2, "the end of the file"),
        ("a,b\n\"1\"2,3\n", 2, 1, "text follows the end of a quoted cell"),
        ("a,b\n1,2\"3\n", 2, 2, "within a cell"),
        ("a,\"x\ny\"\n1,2\n3,4,5\n", 4, 3, "2, as in line 1"),
        ("a,a\n1,2\n", 1, 2, "two columns have one name"),
    ]

    @Test(arguments: broken.indices) func `every broken rule has its line and column`(index: Int) throws {
        let (text, line, column, message) = Self.broken[index]
        let error = try dataError { try table(text, header: .present) }
        #expect(error.position == .cell(line: line, column: column))
        #expect(error.description.contains(message), "\(error)")
        #expect(error.exitStatus == 65)
    }

    @Test func `an empty file, bytes that are not UTF-8 and an impossible delimiter are refused`() throws {
        #expect(try dataError { try table("\n\n") }.kind == .tooShort)
        let error = try dataError { try Table(bytes: [0x61, 0x0A, 0xC3, 0x28], name: "t.csv") }
        #expect(error.position == .byte(2) && error.found == "a byte 0xC3")
        #expect(try dataError { try table("a", delimiter: "\"") }.kind == .argument)
        #expect(try dataError { try table("a", delimiter: "é") }.kind == .argument)
    }

    @Test func `the report says what columns hold`() throws {
        let report = try table("x,name\n1,a\n2,b\n,b\n6,a").report
        #expect(report.columns[0].type == .integer && report.columns[0].missing == 1)
        #expect(report.columns[0].statistics?.mean == 3)
        #expect(report.columns[0].statistics?.deviation == 7.0.squareRoot())
        #expect(report.columns[1].distinct == 2 && report.columns[1].statistics == nil)
        #expect(
            report.description == """
                4 rows
                column  type     missing  distinct  min  mean  max  deviation
                x       integer        1         3    1     3    6    2.64575
                name    text           0         2    –     –    –          –
                """)
    }

    @Test func `a compressed file is read like a plain one`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(gzipped(Array("x\n1.5\n".utf8)), as: "x.csv.gz")
        #expect(try Table(path: path)["x"].numbers() == [1.5])
    }

    @Test func `mutated tables end in a table or an error`() throws {
        let corpus = [
            "id,price,name\n1,2.5,ab\n2,1e-3,\"c,\"\"d\"\n3,,é\n", "x\ty\r\n1\tNA\r\n2\t3\r\n", "\"a\nb\";2\n3;\"4\"\n",
        ].map { Array($0.utf8) }
        let outcomes = try Fuzz.run(
            corpus: corpus + [try gzipped(corpus[0])],
            words: ["\"", "\"\"", ",", "\r", "NA", "-9223372036854775808", "1e999"].map { Array($0.utf8) },
            rounds: Fuzz.rounds(2000), as: "t.csv"
        ) { path in
            let table = try Table(path: path)
            for column in table.columns { #expect(column.isMissing.count == table.rowCount) }
            _ = table.report.description
        }
        outcomes.expectReached([nil, .malformed, .inconsistent, .damagedCompression])
    }
}
