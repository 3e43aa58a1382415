/** Refusals and notes of the server in Chinese: it speaks English, and says in codes and fields what it means. */
import type { ProblemBody } from '../api/types'

/** By code, or by code and field (`invalid-input.basis`). */
export const refusalsZh: Record<string, string> = {
  'administrators-apart': '管理员账号和没有角色的账号不能办理业务。',
  'area-limited': '此项涉及整个区域，您的账号只限于部分辖区。',
  'own-account': '不能管理自己的账号，请由其他管理员操作。',
  'password-due': '请先设置新密码。',
  'read-only-token': '此令牌只能读取。',
  'action-refused': '该操作在当前状态下不能进行。',
  'bad-request': '请求的参数有误。',
  'bad-signature': '签名无效。',
  'body-too-large': '发送的内容过大。',
  'borders-elsewhere': '网格边界与相邻网格共用，请在方案编辑中修改。',
  'broken-tiling': '结果不能完整铺满辖区，未保存。',
  'busy-place': '他人正在编辑该网格，请稍候再试。',
  cancelled: '已停止，未保存任何内容。',
  'code-taken': '该网格编码已经使用过，编码不得重复使用。',
  conflict: '与当前状态冲突，未保存。',
  'crosses-parent': '超出所属村居范围：村居边界不由方案移动。',
  'edit-breaks-tiling': '结果有缺陷，未保存。',
  'edit-refused': '该编辑未被接受。',
  'effective-too-early': '生效日期过早：必须晚于现行方案的生效日期。',
  error: '操作未完成。',
  'grid-locked': '网格已锁定，请先解锁。',
  'grids-do-not-touch': '所选网格没有公共边界。',
  'grids-need-repair': '网格边界不吻合，请修补后再导入。',
  'idempotency-key-reused': '同一请求编号已用于其他内容。',
  'invalid-code': '编码不符合规则。',
  'invalid-filter': '筛选条件有误。',
  'invalid-geometry': '图形无效：可能自相交、为空或超出范围。',
  'invalid-input': '填写的内容有误。',
  'invalid-input.basis': '请填写依据的文件或决定。',
  'invalid-input.effective_on': '生效日期有误。',
  'invalid-input.file': '文件无法读取，或不含可用的网格。',
  'invalid-input.grids': '所选网格数量不符合要求。',
  'invalid-input.name': '名称过长或为空。',
  'invalid-input.reason': '请说明理由。',
  'invalid-input.target': '每格目标值有误。',
  'invalid-input.text': '请填写意见内容。',
  'invalid-input.tolerance': '容差有误。',
  'invalid-line': '线形无效：自相交或没有长度。',
  'key-used': '该编号已经使用过。',
  'line-cuts-too-often': '这条线把网格切成了两块以上。',
  'line-leaves-grids': '这条线越出了这两个网格。',
  'line-misses-grid': '这条线没有切到网格，或不在两个网格之间。',
  'not-allowed': '当前账号没有此项权限。',
  'not-found': '找不到所指的内容，可能已被删除。',
  'not-signed-in': '尚未登录，或登录已失效。',
  'nothing-changes': '没有任何改动。',
  'nothing-to-undo': '没有可撤销的操作。',
  'open-ground': '有住户会失去网格，不能继续。',
  'outside-address': '不允许访问外部地址。',
  'plan-not-draft': '该方案不是草稿，不能编辑。',
  'plan-not-ready': '方案尚有必须处理的问题，不能发布。',
  'rejected-rows': '文件中有不合格的行。',
  'revision-required': '缺少版本号，请刷新后再试。',
  'second-person': '须由编制人以外的第二人发布。',
  'stale-revision': '内容已被他人修改，请查看最新版本。',
  'too-slow': '请求发送超时，请检查网络后重试。',
  'too-many-attempts': '尝试次数过多，请稍后再试。',
  'too-many-vertices': '图形的顶点过多，请简化后再试。',
  unavailable: '服务暂时不可用，请稍后再试。',
  'undo-blocked': '他人后来编辑了同样的网格，不能撤销。',
  'unknown-crs': '未说明坐标系，或坐标系与数据不符。',
  'upload-too-large': '文件过大：最多 50 MB，请简化或拆分。',
  'wrong-plan-state': '方案的当前状态不允许此操作。',
  'wrong-change-state': '区划调整的状态不允许此操作，请刷新后再试。',
  'areas-do-not-touch': '所选区域不相邻，或划转部分不与接收区域相接。',
  'area-ends-already': '要撤销的区域已由另一次区划调整撤销。',
}

/** A refusal in Chinese; null where nobody wrote one. */
export function refusalZh({ code, ...body }: ProblemBody): string | null {
  const field = typeof body.field === 'string' ? body.field : ''
  if (typeof body.why_zh === 'string') return body.why_zh
  return refusalsZh[`${code}.${field}`] ?? refusalsZh[code ?? ''] ?? null
}

const notesZh: Record<string, string> = {
  'balancing the grids': '正在平衡网格',
  'building atoms': '正在生成地块',
  'casting view sheds': '正在计算可视域',
  'checking and saving': '正在校验并保存',
  'checking the borders': '正在检查边界',
  'dividing into grids': '正在划分网格',
  'dividing into reaches': '正在划分河段',
  'draft saved': '草稿已保存',
  'estimating households': '正在估算户数',
  'finding neighbours': '正在查找相邻关系',
  'grouping floors': '正在归并楼层',
  'measuring what is seen': '正在量算可视范围',
  'merging grids': '正在合并网格',
  'proving that nothing is lost': '正在核对户数',
  'proving the tiling': '正在核验铺满',
  'reading buildings': '正在读取建筑',
  'reading cameras and streets': '正在读取摄像机与道路',
  'reading the extract': '正在读取底图数据',
  'reading the file': '正在读取文件',
  'reading the grids': '正在读取网格',
  'reading the ground': '正在读取地块',
  'reading the waters': '正在读取水系',
  saving: '正在保存',
  'saving the draft': '正在保存草稿',
}

/** What a job says of itself, in Chinese where it is known. */
export function noteZh(note: string): string {
  const parts = /^(\d+) of (\d+) (?:parts|blocks)$/.exec(note)
  return parts ? `已完成 ${parts[1]} / ${parts[2]} 部分` : (notesZh[note] ?? note)
}
