/** What is wrong with a row of a file, in Chinese: the server says it in English, with the values of the row in it. */

type Rule = readonly [RegExp, string]
const rule = (pattern: string, zh: string): Rule => [new RegExp(`^${pattern}$`), zh]

const REASONS: readonly Rule[] = [
  rule('is empty', '为空'),
  rule('holds a formula', '含有公式'),
  rule('holds an identity or telephone number', '含有身份证号或电话号码'),
  rule('holds the control character (.+)', '含有控制字符 $1'),
  rule('is (\\d+) characters long', '长达 $1 个字符'),
  rule('is too long', '过长'),
  rule('is too much', '过多'),
  rule('is not a number', '不是数字'),
  rule('is too large a number', '数值过大'),
  rule('is not a whole number', '不是整数'),
  rule('is outside the years (\\d+) to (\\d+)', '不在 $1 至 $2 年之间'),
  rule('is outside (\\S+) to (\\S+) ?(.*)', '不在 $1 至 $2 $3之内'),
  rule('is neither yes nor no', '既不是“是”也不是“否”'),
  rule('is no heading', '不是方向'),
  rule('is no time', '不是时间'),
  rule('is no day', '不是日期'),
  rule('ends before it began', '结束早于开始'),
  rule('A shift ends after it began\\.', '班次的结束须晚于开始'),
  rule('An assignment ends after it began\\.', '任职的结束须晚于开始'),
  rule('The last day is before the first\\.', '截止日期早于起始日期'),
  rule('has neither start and end, nor .+', '既无开始和结束时间，也无完整的按周排班'),
  rule('(.+) heads this grid in that time; a grid has one head\\.', '该网格在此期间已由 $1 任网格长；一个网格只有一名网格长'),
  rule('Name one grid or one area\\.', '网格与区域须填且只填一项'),
  rule('A head is the head of a grid\\.', '网格长须对应一个网格'),
  rule('is in scientific notation, so its last digits are lost', '是科学计数法，末尾数字已丢失'),
  rule('is no time of day', '不是一天中的时刻'),
  rule('is no severity', '不是严重程度'),
  rule('is not known', '未知'),
  rule('names no weekday', '不是星期'),
  rule('names no role', '没有该职责'),
  rule('names no known item', '没有该事项'),
  rule('names no known area', '没有该区域'),
  rule('names no known grid of the plan in use', '现行划分中没有该网格'),
  rule('names no known unit', '没有该单位'),
  rule('names no known member of staff', '没有该工作人员'),
  rule('repeats (?:line|row) (\\d+)', '与第 $1 行重复'),
  rule('repeats (.+)', '与 $1 重复'),
  rule('stands below this unit itself', '属于该单位自身的下级'),
  rule('is the code of a class, too', '与某一类别的编码相同'),
  rule('lies in the future', '在将来'),
  rule('lies before (\\d+)', '早于 $1 年'),
  rule('lies after the report', '晚于上报时间'),
  rule('longitude and latitude changed places', '经度与纬度颠倒'),
  rule('is a placeholder: not located', '是占位坐标，未能定位'),
  rule('has no coordinates: not located', '没有坐标，未能定位'),
  rule('has no coordinates', '没有坐标'),
  rule('lies outside the earth .*', '不在地球范围内'),
  rule('lies outside the territory (.+)', '不在“$1”范围内'),
  rule('cannot be a coordinate of (.+)', '不可能是 $1 的坐标'),
]

const REMEDIES: readonly Rule[] = [
  rule('give a value for .+', '请填写'),
  rule('replace the formula by its value', '请改为数值'),
  rule('remove it; the file may be torn', '请删除；文件可能已损坏'),
  rule('give at most (\\d+).*', '不得超过 $1 个字符'),
  rule('give a plain number such as (.+)', '请填写数字，如 $1'),
  rule('give a day such as (.+)', '请填写日期，如 $1'),
  rule('give a later end, or leave it empty', '请填写更晚的结束日期，或留空'),
  rule('format the column as text .+', '请在原表中将该列设为文本后重新导出'),
  rule("correct the grid's code", '请更正网格编码'),
  rule('give a value from (\\S+) to (\\S+)', '请填写 $1 至 $2'),
  rule('give a number from (\\S+) to (\\S+)', '请填写 $1 至 $2'),
  rule('give a whole number', '请填写整数'),
  rule('give yes or no .*', '请填写“是”或“否”'),
  rule('give a time such as (\\S+ \\S+) or (.+)', '请填写时间，如 $1'),
  rule('give a time such as (.+)', '请填写时间，如 $1'),
  rule('check the date', '请核对日期'),
  rule('give minor, major or critical', '请填写一般、较大或重大'),
  rule('give 1-5, or Mon Wed, or .+', '请填写 1-5，或 一二三'),
  rule('keep one of the two rows', '请只保留其中一行'),
  rule('correct the clock of the source, or its time zone', '请校正来源的时钟或时区'),
  rule('correct the date; an unset clock counts from its own zero', '请更正日期；未校准的时钟会从零点起算'),
  rule('correct one of the two times', '请更正其中一个时间'),
  rule('give --fix-swapped .*', '请勾选“将经纬度颠倒的行调换过来”，或修改该行'),
  rule('place it at the desk', '可在派遣台补充位置'),
  rule('give longitude and latitude, or leave the row out', '请填写经纬度，或略过该行'),
  rule('correct the coordinates, or leave the row out', '请更正坐标，或略过该行'),
  rule('correct the coordinates, or the --crs', '请更正坐标，或选择正确的坐标系'),
  rule('correct the coordinates', '请更正坐标'),
  rule('correct the (?:row|cell)', '请更正'),
  rule('load a catalogue first', '请先导入事项目录'),
  rule('load units first.*', '请先导入单位'),
  rule('load the roster first', '请先导入人员名册'),
  rule('list the parent unit in the same file', '请在同一文件中列出上级单位'),
  rule('name a unit that is not below it', '请填写不属于其下级的单位'),
  rule('give an area.*', '请填写区域编码'),
  rule('use one of: (.+)', '可选：$1'),
]

const FINDINGS: readonly Rule[] = [
  rule('rows lay in the territory only with longitude and latitude changed: they were turned round', '行的经纬度颠倒，已调换'),
  rule('rows whose words \\((\\d+) kinds\\) name no item of the catalogue', '行的用语（$1 种）在目录中没有对应事项'),
  rule('Loaded reports have no clock: it begins with the first step that somebody takes on each.', '载入的上报暂不计时，首次办理时开始计时。'),
  rule('Times without an offset were read as UTC; give --timezone if they are local.', '无时区的时间按 UTC 读取；若为当地时间，请填写时区。'),
]

const said = (rules: readonly Rule[], words: string): string => {
  const found = rules.find(([pattern]) => pattern.test(words))
  return found ? words.replace(found[0], found[1]) : words
}

/** Why a row is refused or flagged, and what to do, in Chinese; words that nobody wrote stay as they are. */
export const rowProblemZh = (reason: string, remedy: string): string => [said(REASONS, reason), said(REMEDIES, remedy)].filter(Boolean).join('；')
/** What was found in a file, in Chinese. */
export const findingZh = (sentence: string): string => said(FINDINGS, sentence)
